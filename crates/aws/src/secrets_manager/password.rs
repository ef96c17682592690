//! Generated passwords: Secrets Manager makes them, and a template says what else the secret holds.

use crate::clients::Clients;
use crate::convert::{self, get};
use crate::errors::failure;
use aws_sdk_secretsmanager::operation::get_random_password::builders::GetRandomPasswordInputBuilder;
use charter_provider::{Failure, FailureCode, Properties};
use serde_json::Value;

/// The text of a secret: given, or generated; none if the properties ask for neither.
pub(super) async fn secret_string(clients: &Clients, properties: &Properties) -> Result<Option<String>, Failure> {
    let given: Option<String> = get(properties, "SecretString")?;
    let generate: Option<Properties> = get(properties, "GenerateSecretString")?;
    match (given, generate) {
        (Some(_), Some(_)) => {
            Err(invalid("SecretString and GenerateSecretString exclude each other: give one of them"))
        }
        (Some(given), None) => Ok(Some(given)),
        (None, Some(generate)) => {
            let template = Template::of(&generate)?;
            let input: GetRandomPasswordInputBuilder = convert::input(&generate)?;
            let answer = input.send_with(clients.secrets_manager()).await.map_err(failure)?;
            let password = answer.random_password.filter(|password| !password.is_empty());
            let password = password.ok_or_else(|| {
                Failure::new(FailureCode::ServiceInternalError, "Secrets Manager answered without a password")
            })?;
            Ok(Some(template.fill(password)))
        }
        (None, None) => Ok(None),
    }
}

/// What a password is put into: an object, under a key; or nothing.
#[derive(Debug, PartialEq)]
pub(super) struct Template(Option<(Properties, String)>);

impl Template {
    /// The two properties go together (AWS CloudFormation, "AWS::SecretsManager::Secret GenerateSecretString").
    pub(super) fn of(generate: &Properties) -> Result<Self, Failure> {
        let template: Option<String> = get(generate, "SecretStringTemplate")?;
        let key: Option<String> = get(generate, "GenerateStringKey")?;
        match (template, key) {
            (None, None) => Ok(Self(None)),
            (Some(template), Some(key)) => match serde_json::from_str(&template) {
                Ok(Value::Object(members)) => Ok(Self(Some((members, key)))),
                // The template itself stays out of the message.
                _ => Err(invalid(
                    "GenerateSecretString/SecretStringTemplate must be the text of a JSON object, such as {\"username\": \"admin\"}",
                )),
            },
            _ => Err(invalid(
                "GenerateSecretString: SecretStringTemplate and GenerateStringKey go together: give both or neither",
            )),
        }
    }

    fn fill(self, password: String) -> String {
        match self.0 {
            None => password,
            Some((mut members, key)) => {
                members.insert(key, Value::String(password));
                Value::Object(members).to_string()
            }
        }
    }
}

fn invalid(message: &str) -> Failure {
    Failure::new(FailureCode::InvalidRequest, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn template(generate: Value) -> Result<Template, Failure> {
        Template::of(generate.as_object().unwrap())
    }

    #[test]
    fn a_password_goes_under_its_key_into_the_template() {
        let generate = json!({"SecretStringTemplate": "{\"username\": \"admin\"}", "GenerateStringKey": "password"});
        let text = template(generate).unwrap().fill("p\"w".to_owned());
        let parsed: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(parsed, json!({"username": "admin", "password": "p\"w"}));
    }

    #[test]
    fn without_a_template_the_password_is_the_secret() {
        assert_eq!(template(json!({"PasswordLength": 20})).unwrap().fill("pw".to_owned()), "pw");
    }

    #[test]
    fn a_template_without_a_key_is_refused_and_not_repeated() {
        let failure = template(json!({"SecretStringTemplate": "{\"username\": \"hunter2\"}"})).unwrap_err();
        assert!(failure.message.contains("go together") && !failure.message.contains("hunter2"), "{failure}");
        let failure = template(json!({"SecretStringTemplate": "hunter2", "GenerateStringKey": "k"})).unwrap_err();
        assert!(failure.message.contains("JSON object") && !failure.message.contains("hunter2"), "{failure}");
    }
}
