//! Asks whoever paces our calls before each request, also before those that the SDK repeats by itself, and tells what a service
//! answered. A request waits for its turn in the connector, for only there a hook of the SDK can wait; what an answer means is known
//! when it is read.

use crate::error_codes::{code_by_status, code_of};
use crate::errors::chain;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::FinalizerInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::{RuntimeComponents, RuntimeComponentsBuilder};
use aws_smithy_runtime_api::shared::IntoShared;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::error::ErrorMetadata;
use charter_provider::{FailureCode, answered, turn};
use std::error::Error;

/// The transport, at the pace that is allowed.
pub(crate) fn paced(inner: SharedHttpClient) -> SharedHttpClient {
    Paced(inner).into_shared()
}

#[derive(Debug)]
struct Paced<T>(T);

impl HttpClient for Paced<SharedHttpClient> {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Paced(self.0.http_connector(settings, components)))
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.validate_base_client_config(components, config)
    }

    fn validate_final_config(&self, components: &RuntimeComponents, config: &ConfigBag) -> Result<(), BoxError> {
        self.0.validate_final_config(components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}

impl HttpConnector for Paced<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let inner = self.0.clone();
        HttpConnectorFuture::new(async move {
            turn().await;
            inner.call(request).await
        })
    }
}

/// Tells what was answered to each request.
#[derive(Debug)]
pub(crate) struct Metering;

#[dyn_dispatch_hint]
impl Intercept for Metering {
    fn name(&self) -> &'static str {
        "Metering"
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(response) = context.response() {
            let error = context.output_or_error().and_then(Result::err).and_then(|error| error.as_operation_error());
            let by_code = error.is_some_and(|error| throttles(error));
            answered(by_code || code_by_status(response.status().as_u16()) == FailureCode::Throttling);
        }
        Ok(())
    }
}

/// Whether an error of whatever operation says that there were too many requests. Errors that a service's model knows show their code
/// in front, the others keep it apart.
fn throttles(error: &(dyn Error + 'static)) -> bool {
    chain(error).any(|cause| {
        let text = cause.to_string();
        let code = match cause.downcast_ref::<ErrorMetadata>() {
            Some(metadata) => metadata.code().unwrap_or_default(),
            None => text.split(':').next().unwrap_or_default(),
        };
        code_of(code, "") == Some(FailureCode::Throttling)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_datazone::operation::get_domain::GetDomainError;
    use aws_sdk_datazone::types::error::ThrottlingException;
    use aws_sdk_iam::operation::create_role::CreateRoleError;

    #[test]
    fn throttles_are_told_by_their_code_whether_the_model_knows_it_or_not() {
        let coded = |code: &str| CreateRoleError::generic(ErrorMetadata::builder().code(code).message("m").build());
        assert!(throttles(&coded("Throttling")));
        assert!(!throttles(&coded("ServiceFailure")));
        let known = ThrottlingException::builder().message("Rate exceeded").build().unwrap();
        assert!(throttles(&GetDomainError::ThrottlingException(known)));
    }
}
