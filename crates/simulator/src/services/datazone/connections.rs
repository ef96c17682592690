//! Connections. GetConnection tells them in a shape of its own (botocore: ConnectionPropertiesOutput): no credentials unless the secret
//! is asked for, a status, what AWS fills in; and of one through AWS Glue, and of host and port of Amazon Redshift, in the physical
//! endpoint. What AWS fills in is not documented: the values here are only such as nobody gave.

use super::environments::environment;
use super::generic::Form;
use super::records::{Connection, Thing};
use super::support::{invalid, scope};
use crate::service::{Call, ServiceError};
use crate::services::shared::Answer;
use serde_json::{Map, Value, json};

pub(super) const CONNECTION: Form = Form {
    what: "connection",
    kept: &["name", "description", "configurations", "scope", "props"],
    changes: &["description", "configurations"],
    identifier: "identifier",
    parent: None,
    shown: |call, scope, thing| {
        let (props, endpoint) = told(call, thing);
        json!({
            "connectionId": thing.id,
            "domainUnitId": scope.domain.root_unit,
            "props": props,
            "physicalEndpoints": [endpoint],
            "id": null,
            "createdBy": null,
            "createdAt": null,
        })
    },
};

type Members = Map<String, Value>;

/// The one kind of properties, as it was given: `athenaProperties`.
fn given(props: Option<&Value>) -> Option<(&str, &Members)> {
    let mut members = props?.as_object()?.iter();
    members.find_map(|(kind, members)| Some((kind.as_str(), members.as_object()?)))
}

/// `athenaProperties` makes a connection of the type `ATHENA`.
fn connection_type(props: Option<&Value>) -> Option<String> {
    let (kind, members) = given(props)?;
    Some(match kind {
        // As AWS Glue calls what it connects to.
        "glueProperties" => members.get("glueConnectionInput")?.get("connectionType")?.as_str()?.to_owned(),
        "amazonQProperties" => "AMAZON_Q".to_owned(),
        "sparkEmrProperties" | "sparkGlueProperties" => "SPARK".to_owned(),
        "workflowsMwaaProperties" => "WORKFLOWS_MWAA".to_owned(),
        "workflowsServerlessProperties" => "WORKFLOWS_SERVERLESS".to_owned(),
        other => other.strip_suffix("Properties")?.to_uppercase(),
    })
}

/// What is told of what was given: the properties, and the physical endpoint.
fn told(call: &Call<'_>, thing: &Thing) -> (Value, Value) {
    let Some((kind, members)) = given(thing.settings.get("props")) else { return (Value::Null, json!({})) };
    let location = json!({"awsAccountId": call.account.as_str(), "awsRegion": call.region});
    let mut endpoint = json!({"awsLocation": location});
    let mut told = members.clone();
    let mut default = |name: &str, value: Value| {
        told.entry(name).or_insert(value);
    };
    match kind {
        "glueProperties" => {
            let connection = glue_connection(call, thing, members.get("glueConnectionInput"));
            told = Members::from_iter([("status".to_owned(), json!("READY"))]);
            endpoint = json!({
                "awsLocation": location, "glueConnectionName": connection.get("name"), "glueConnection": connection,
            });
        }
        "redshiftProperties" => {
            let text = |name: &str| members.get(name).and_then(Value::as_str);
            let host = text("host").map_or_else(
                || format!("{}.{}.{}.redshift.amazonaws.com", thing.id, call.account.as_str(), call.region),
                str::to_owned,
            );
            let port = members.get("port").cloned().unwrap_or(json!(5439));
            default("isProvisionedSecret", json!(false));
            default(
                "jdbcUrl",
                json!(format!("jdbc:redshift://{host}:{port}/{}", text("databaseName").unwrap_or("dev"))),
            );
            default("status", json!("READY"));
            let hidden = if call.flag("withSecret") == Some(true) { None } else { Some("credentials") };
            for name in ["host", "port"].into_iter().chain(hidden) {
                told.remove(name);
            }
            endpoint = json!({"awsLocation": location, "host": host, "port": port, "protocol": "JDBC"});
        }
        "s3Properties" => {
            default("registerS3AccessGrantLocation", json!(false));
            default("status", json!("READY"));
        }
        "sparkGlueProperties" => {
            default("glueVersion", json!("5.0"));
            default("idleTimeout", json!(60));
            default("numberOfWorkers", json!(10));
            default("workerType", json!("G.1X"));
        }
        "sparkEmrProperties" => default("governanceType", json!("USER_MANAGED")),
        "hyperPodProperties" => default("orchestrator", json!("EKS")),
        "iamProperties" => {
            default("glueLineageSyncEnabled", json!(false));
            default("environmentId", json!(thing.text("environmentId")));
        }
        "lakehouseProperties" => default("glueLineageSyncEnabled", json!(false)),
        _ => {}
    }
    (json!({ kind: told }), endpoint)
}

/// A connection of AWS Glue as it is told (botocore: GlueConnection).
fn glue_connection(call: &Call<'_>, thing: &Thing, input: Option<&Value>) -> Members {
    let mut told = input.and_then(Value::as_object).cloned().unwrap_or_default();
    // GlueConnection has neither.
    told.remove("validateCredentials");
    told.remove("validateForComputeEnvironments");
    told.entry("name").or_insert(json!(thing.text("name")));
    if let Some(criterion) = told.remove("matchCriteria") {
        told.insert("matchCriteria".to_owned(), json!([criterion]));
    }
    if let Some(properties) = told.get_mut("connectionProperties").and_then(Value::as_object_mut) {
        properties.remove("PASSWORD");
    }
    if let Some(authentication) = told.get_mut("authenticationConfiguration").and_then(Value::as_object_mut) {
        authentication.remove("kmsKeyArn");
        authentication.remove("customAuthenticationCredentials");
        // What is given as a user and a password is kept in a secret of the account's.
        if authentication.remove("basicAuthenticationCredentials").is_some() {
            let (region, account) = (call.region, call.account.as_str());
            let secret = format!("arn:aws:secretsmanager:{region}:{account}:secret:datazone-{}", thing.id);
            authentication.entry("secretArn").or_insert(json!(secret));
        }
        if let Some(properties) = authentication.get_mut("oAuth2Properties").and_then(Value::as_object_mut) {
            properties.remove("oAuth2Credentials");
            properties.remove("authorizationCodeProperties");
        }
    }
    told.insert("status".to_owned(), json!("READY"));
    told.insert("connectionSchemaVersion".to_owned(), json!(2));
    told.insert("compatibleComputeEnvironments".to_owned(), json!(["SPARK"]));
    told
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    if let Some(before) = CONNECTION.again::<Connection>(call, &scope)? {
        return Ok(before);
    }
    let Some(kind) = connection_type(call.member("props")) else {
        return Err(invalid("props must be specified."));
    };
    let mut more = json!({"type": kind});
    if let Some(id) = call.text("environmentIdentifier") {
        let environment = environment(call, &scope, id)?;
        more = json!({"type": kind, "environmentId": environment.id, "projectId": environment.text("projectId")});
    }
    let environment = more.get("environmentId").cloned();
    CONNECTION.check_name::<Connection>(call, &scope, |_, thing| {
        thing.settings.get("environmentId").cloned() == environment
    })?;
    let thing = CONNECTION.make::<Connection>(call, &scope, more, 0.0);
    Ok(CONNECTION.answer(call, &scope, &thing))
}

/// What a patch makes of what was there: a structure member by member; a choice, a map and a list as a whole.
fn patched(before: Value, patch: &Value) -> Value {
    const WHOLE: &[&str] = &["connectionProperties", "credentials", "storage", "basicAuthenticationCredentials"];
    match (before, patch) {
        (Value::Object(mut before), Value::Object(patch)) => {
            for (name, value) in patch {
                let old = before.remove(name).filter(|_| !WHOLE.contains(&name.as_str()));
                before.insert(name.clone(), old.map_or_else(|| value.clone(), |old| patched(old, value)));
            }
            Value::Object(before)
        }
        (_, patch) => patch.clone(),
    }
}

pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let scope = scope(call)?;
    let mut thing = CONNECTION.there::<Connection>(call, &scope, call.required("identifier"))?;
    if let Some(patch) = call.member("props").cloned() {
        let before = thing.settings.get("props").cloned().unwrap_or_default();
        check_kind(&before, &patch)?;
        thing.settings.insert("props".to_owned(), patched(before, &patch));
        scope.put::<Connection>(call, &CONNECTION.key(call, &thing.id), thing);
    }
    CONNECTION.update::<Connection>(call, 0.0)
}

/// A connection stays of its kind.
fn check_kind(before: &Value, patch: &Value) -> Result<(), ServiceError> {
    let kind = |props| given(Some(props)).map(|(kind, _)| kind);
    match kind(before) == kind(patch) {
        true => Ok(()),
        false => Err(invalid("The type of the connection properties cannot be changed.")),
    }
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    CONNECTION.delete::<Connection>(call, None)?;
    Ok(json!({"status": "DELETED"}))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let names = [
        "configurations",
        "connectionId",
        "domainId",
        "domainUnitId",
        "environmentId",
        "name",
        "physicalEndpoints",
        "projectId",
        "props",
        "type",
        "scope",
    ];
    let environment = call.text("environmentIdentifier").map(str::to_owned);
    CONNECTION.list::<Connection>(
        call,
        |thing| environment.as_ref().is_none_or(|environment| thing.text("environmentId") == environment),
        &names,
    )
}

#[cfg(test)]
mod tests {
    use crate::services::datazone::tests::{cloud, domain};
    use crate::services::testing::Cloud;
    use serde_json::{Value, json};

    const SERVICE: &str = "datazone";

    fn made(cloud: &mut Cloud, domain: &str, name: &str, props: &Value) -> Value {
        let input = json!({"domainIdentifier": domain, "name": name, "props": props});
        let id = cloud.ok(SERVICE, "CreateConnection", input)["connectionId"].clone();
        json!({"domainIdentifier": domain, "identifier": id})
    }

    fn patched(cloud: &mut Cloud, connection: &Value, props: Value) -> Value {
        let mut input = connection.clone();
        input["props"] = props;
        cloud.ok(SERVICE, "UpdateConnection", input);
        cloud.ok(SERVICE, "GetConnection", connection.clone())
    }

    #[test]
    fn a_warehouse_is_told_without_its_password_and_with_what_aws_makes_of_it() {
        let (mut cloud, role) = cloud();
        let domain = domain(&mut cloud, &role);
        let credentials = json!({"usernamePassword": {"username": "charter", "password": "open-sesame"}});
        let props = json!({"redshiftProperties": {
            "storage": {"workgroupName": "cards"}, "databaseName": "cards", "host": "h", "port": 5440, "credentials": credentials,
        }});
        let connection = made(&mut cloud, &domain, "warehouse", &props);
        let told = cloud.ok(SERVICE, "GetConnection", connection.clone());
        assert_eq!(told["type"], "REDSHIFT");
        assert_eq!(
            told["props"]["redshiftProperties"],
            json!({"storage": {"workgroupName": "cards"}, "databaseName": "cards", "isProvisionedSecret": false,
                "jdbcUrl": "jdbc:redshift://h:5440/cards", "status": "READY"})
        );
        assert_eq!(
            (&told["physicalEndpoints"][0]["host"], &told["physicalEndpoints"][0]["port"]),
            (&json!("h"), &json!(5440))
        );
        let mut with_secret = connection.clone();
        with_secret["withSecret"] = true.into();
        let told = cloud.ok(SERVICE, "GetConnection", with_secret);
        assert_eq!(told["props"]["redshiftProperties"]["credentials"], credentials);
        // Of what is patched, the rest stays; of two ways to say where, the new one.
        let patch = json!({"redshiftProperties": {"storage": {"clusterName": "loans"}}});
        let told = patched(&mut cloud, &connection, patch);
        assert_eq!(told["props"]["redshiftProperties"]["storage"], json!({"clusterName": "loans"}));
        assert_eq!(told["props"]["redshiftProperties"]["databaseName"], "cards");
        let mut other = connection;
        other["props"] = json!({"athenaProperties": {"workgroupName": "primary"}});
        assert!(cloud.refused(SERVICE, "UpdateConnection", other).starts_with("ValidationException"));
    }

    #[test]
    fn a_connection_of_glue_is_told_in_its_endpoint_and_keeps_its_password_in_a_secret() {
        let (mut cloud, role) = cloud();
        let domain = domain(&mut cloud, &role);
        let props = json!({"glueProperties": {"glueConnectionInput": {
            "connectionType": "POSTGRESQL", "matchCriteria": "cards", "validateCredentials": false,
            "connectionProperties": {"HOST": "one", "PASSWORD": "open-sesame"},
            "authenticationConfiguration": {"authenticationType": "BASIC",
                "basicAuthenticationCredentials": {"userName": "charter", "password": "open-sesame"}},
        }}});
        let connection = made(&mut cloud, &domain, "database", &props);
        let told = cloud.ok(SERVICE, "GetConnection", connection.clone());
        assert_eq!(
            (&told["type"], &told["props"]),
            (&json!("POSTGRESQL"), &json!({"glueProperties": {"status": "READY"}}))
        );
        assert!(!told.to_string().contains("open-sesame"), "{told}");
        let glue = &told["physicalEndpoints"][0]["glueConnection"];
        assert_eq!((&glue["name"], &glue["matchCriteria"]), (&json!("database"), &json!(["cards"])));
        assert!(glue["authenticationConfiguration"]["secretArn"].is_string(), "{glue}");
        let patch = json!({"glueProperties": {"glueConnectionInput": {"connectionProperties": {"HOST": "two"}}}});
        let told = patched(&mut cloud, &connection, patch);
        let glue = &told["physicalEndpoints"][0]["glueConnection"];
        assert_eq!(
            (&glue["connectionProperties"], &glue["connectionType"]),
            (&json!({"HOST": "two"}), &json!("POSTGRESQL"))
        );
    }
}
