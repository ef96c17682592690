//! The VPC of a connector that is described by a template. The API takes it beside the template (`VpcConfiguration` of
//! CreateDataSource), the registry's type has no property for it. So the template's own member `vpcConfiguration`
//! (`subnetIds`, `securityGroupIds`) is sent as the API's, and read back as it was written. Imports `convert` of this crate.

use aws_sdk_kendra::types::DataSourceVpcConfiguration;
use charter_provider::{Failure, FailureCode, Properties};
use serde_json::{Value, json};

const MEMBER: &str = "vpcConfiguration";

/// Takes the VPC out of the template, for the request.
pub(super) fn take(properties: &mut Properties) -> Result<Option<DataSourceVpcConfiguration>, Failure> {
    let Some(written) = template(properties).and_then(|template| template.remove(MEMBER)) else { return Ok(None) };
    let ids = |name: &str| -> Option<Vec<String>> {
        written.get(name)?.as_array()?.iter().map(|id| id.as_str().map(str::to_owned)).collect()
    };
    let built = DataSourceVpcConfiguration::builder()
        .set_subnet_ids(ids("subnetIds"))
        .set_security_group_ids(ids("securityGroupIds"))
        .build();
    built.map(Some).map_err(|_| {
        let message = "/DataSourceConfiguration/TemplateConfiguration/Template/vpcConfiguration: both subnetIds and \
                       securityGroupIds are needed, each a list of ids";
        Failure::new(FailureCode::InvalidRequest, message)
    })
}

/// Puts the VPC back into the template, as read.
pub(super) fn put(properties: &mut Properties, vpc: Option<&DataSourceVpcConfiguration>) {
    if let (Some(vpc), Some(template)) = (vpc, template(properties)) {
        let written = json!({"subnetIds": vpc.subnet_ids(), "securityGroupIds": vpc.security_group_ids()});
        template.insert(MEMBER.to_owned(), written);
    }
}

fn template(properties: &mut Properties) -> Option<&mut serde_json::Map<String, Value>> {
    properties.get_mut("DataSourceConfiguration")?.pointer_mut("/TemplateConfiguration/Template")?.as_object_mut()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn properties(template: Value) -> Properties {
        let document = json!({"DataSourceConfiguration": {"TemplateConfiguration": {"Template": template}}});
        document.as_object().cloned().unwrap()
    }

    #[test]
    fn the_vpc_of_a_template_goes_to_the_api_and_comes_back_as_written() {
        let vpc = json!({"subnetIds": ["subnet-1", "subnet-2"], "securityGroupIds": ["sg-1"]});
        let written = properties(json!({"type": "JDBC", "vpcConfiguration": vpc}));
        let mut sent = written.clone();
        let taken = take(&mut sent).unwrap();
        assert_eq!(sent, properties(json!({"type": "JDBC"})));
        put(&mut sent, taken.as_ref());
        assert_eq!(sent, written);
    }

    #[test]
    fn half_a_vpc_is_refused_and_none_is_none() {
        assert!(take(&mut properties(json!({"vpcConfiguration": {"subnetIds": ["subnet-1"]}}))).is_err());
        assert_eq!(take(&mut properties(json!({"type": "S3"}))).unwrap(), None);
    }
}
