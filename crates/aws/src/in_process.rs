//! A transport that never leaves the process: requests of the SDK go to a function, its responses come back.
//!
//! So whole applies run against the simulator, or against canned answers, without a socket and under paused time.

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use bytes::Bytes;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

/// What the function answers; an error stands for a broken connection, whatever the request may have done by then.
pub type Answer = std::io::Result<http::Response<Bytes>>;

type Handler = dyn Fn(http::Request<Bytes>) -> Pin<Box<dyn Future<Output = Answer> + Send>> + Send + Sync;

/// An HTTP client for [`crate::AwsConfiguration::http_client`] that hands every request to `handler`.
pub fn http_client<F, A>(handler: F) -> SharedHttpClient
where
    F: Fn(http::Request<Bytes>) -> A + Send + Sync + 'static,
    A: Future<Output = Answer> + Send + 'static,
{
    let handler: Arc<Handler> = Arc::new(move |request| Box::pin(handler(request)));
    let connector = SharedHttpConnector::new(InProcess(handler));
    http_client_fn(move |_settings, _components| connector.clone())
}

#[derive(Clone)]
struct InProcess(Arc<Handler>);

impl fmt::Debug for InProcess {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("InProcess")
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let handler = Arc::clone(&self.0);
        HttpConnectorFuture::new(async move {
            let (parts, body) =
                request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?.into_parts();
            let body = ByteStream::new(body).collect().await.map_err(|error| ConnectorError::user(error.into()))?;
            let answer = handler(http::Request::from_parts(parts, body.into_bytes())).await;
            let response = answer.map_err(|error| ConnectorError::io(error.into()))?.map(SdkBody::from);
            HttpResponse::try_from(response).map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}
