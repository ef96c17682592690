//! Secrets as things: creation, description, deletion and its undoing, tags, policies.

use super::records::{CURRENT, DeletedName, Secret};
use super::support::{absent, alive, held, invalid_parameter, invalid_request, keep, seen, unowned};
use super::timing::{DAY, FORCED_DELETION};
use super::values;
use crate::service::{Call, ServiceError};
use crate::services::iam::document::{Use, statements};
use crate::services::shared::{Answer, nothing, page, page_size, tag_list, tags_of, texts, texts_of};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn check_tags(tags: &crate::services::shared::Tags) -> Result<(), ServiceError> {
    if tags.keys().any(|key| key.to_lowercase().starts_with("aws:")) {
        return Err(invalid_parameter("Tag keys that begin with aws: are reserved."));
    }
    if tags.len() > 50 {
        return Err(invalid_parameter("A secret can have up to 50 tags."));
    }
    Ok(())
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let name = call.required("Name").to_owned();
    let sound = name.chars().all(|character| character.is_ascii_alphanumeric() || "/_+=.@-".contains(character));
    if !sound {
        let owned = name.starts_with("rds!");
        return Err(ServiceError::new(
            "ValidationException",
            if owned {
                "Invalid name. The prefix is reserved for secrets that are managed by a service."
            } else {
                "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"
            },
        )
        .with_status(400));
    }
    let tags = tags_of(call.member("Tags"));
    check_tags(&tags)?;
    let version = values::given(call)?;
    let token = values::token(call);
    let scheduled = || {
        invalid_request(
            "You can't create this secret because a secret with this name is already scheduled for deletion.",
        )
    };
    if call.store.contains::<DeletedName>(call.account, call.region, &name) {
        return Err(scheduled());
    }
    if let Some(held) = call.store.get::<Secret>(call.account, call.region, &name) {
        if held.deleted.is_some() {
            return Err(scheduled());
        }
        let same = version.as_ref().is_some_and(|new| {
            held.versions.get(&token).is_some_and(|old| old.string == new.string && old.binary == new.binary)
        });
        if same {
            return Ok(json!({"ARN": held.arn, "Name": held.name, "VersionId": token}));
        }
        return Err(ServiceError::new(
            "ResourceExistsException",
            format!("The operation failed because the secret {name} already exists."),
        )
        .with_status(400));
    }
    let suffix = call.random.alphanumeric(6);
    let mut secret = Secret {
        arn: call.arn("secretsmanager", format!("secret:{name}-{suffix}")),
        description: call.text("Description").map(str::to_owned),
        kms_key: call.text("KmsKeyId").map(str::to_owned),
        owning_service: None,
        tags,
        versions: BTreeMap::new(),
        policy: None,
        rotation: None,
        replicas: Vec::new(),
        created: call.now,
        changed: call.now,
        accessed: None,
        deleted: None,
        purged: None,
        name,
    };
    if call.member("AddReplicaRegions").is_some() {
        return Err(call.not_simulated());
    }
    let with_value = version.is_some();
    if let Some(version) = version {
        values::add(&mut secret, &token, version, &[CURRENT.to_owned()])?;
    }
    keep(call, &secret);
    Ok(json!({"ARN": secret.arn, "Name": secret.name, "VersionId": with_value.then_some(token)}))
}

fn described(secret: &Secret, versions: &str) -> Value {
    let stages: BTreeMap<_, _> = secret
        .versions
        .iter()
        .filter(|(_, version)| !version.stages.is_empty())
        .map(|(id, version)| (id, &version.stages))
        .collect();
    let mut shown = json!({
        "ARN": secret.arn,
        "Name": secret.name,
        "Description": secret.description,
        "KmsKeyId": secret.kms_key,
        "LastChangedDate": secret.changed.to_string(),
        "LastAccessedDate": secret.accessed.map(|at| at.to_string()),
        "DeletedDate": secret.deleted.map(|at| at.to_string()),
        "CreatedDate": secret.created.to_string(),
        "Tags": tag_list(&secret.tags),
        "OwningService": secret.owning_service,
        "RotationEnabled": secret.rotation.is_some().then_some(true),
        "RotationRules": secret.rotation,
    });
    if let Some(shown) = shown.as_object_mut() {
        shown.insert(versions.to_owned(), json!(stages));
    }
    shown
}

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    Ok(described(&seen(call)?, "VersionIdsToStages"))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let planned = call.flag("IncludePlannedDeletion").unwrap_or(false);
    let filters: Vec<(String, Vec<String>)> = call
        .member("Filters")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|filter| {
            let key = filter.get("Key").and_then(Value::as_str).unwrap_or_default().to_owned();
            (key, texts_of(filter.get("Values")))
        })
        .collect();
    let secrets = call.store.read_all::<Secret>(call.account, call.region).into_iter();
    let mut secrets: Vec<(String, Secret)> = secrets
        .filter(|(_, secret)| planned || secret.deleted.is_none())
        .filter(|(_, secret)| filters.iter().all(|(key, values)| passes(secret, call.region, key, values)))
        .collect();
    let by_name = call.text("SortBy") == Some("name");
    // Pages go by their sort key, which therefore must be unique: the name ends it.
    for (key, secret) in &mut secrets {
        if !by_name {
            *key = format!("{:020} {}", secret.created.as_millisecond(), secret.name);
        }
    }
    secrets.sort_by(|(one, _), (other, _)| one.cmp(other));
    if call.text("SortOrder") == Some("desc") {
        return Err(call.not_simulated());
    }
    let shown = secrets.into_iter().map(|(key, secret)| (key, described(&secret, "SecretVersionsToStages"))).collect();
    let (shown, next) = page(shown, call.text("NextToken"), page_size(call, "MaxResults", 100)).ok_or_else(|| {
        ServiceError::new("InvalidNextTokenException", "The NextToken value is invalid.").with_status(400)
    })?;
    Ok(json!({"SecretList": shown, "NextToken": next}))
}

/// Filters match the beginning of a value, without case but for names and tags; `!` negates.
fn passes(secret: &Secret, region: &str, key: &str, values: &[String]) -> bool {
    let begins = |held: &str, wanted: &str| held.to_lowercase().starts_with(&wanted.to_lowercase());
    let matches = |wanted: &str| match key {
        "name" => secret.name.starts_with(wanted),
        "description" => secret.description.as_deref().is_some_and(|held| begins(held, wanted)),
        "tag-key" => secret.tags.keys().any(|held| held.starts_with(wanted)),
        "tag-value" => secret.tags.values().any(|held| held.starts_with(wanted)),
        "owning-service" => secret.owning_service.as_deref().is_some_and(|held| begins(held, wanted)),
        "primary-region" => begins(region, wanted),
        _ => {
            begins(&secret.name, wanted)
                || secret.description.as_deref().is_some_and(|held| begins(held, wanted))
                || secret.tags.iter().any(|(key, value)| begins(key, wanted) || begins(value, wanted))
        }
    };
    let (without, with): (Vec<_>, Vec<_>) = values.iter().partition(|value| value.starts_with('!'));
    without.iter().all(|value| !matches(value.trim_start_matches('!')))
        && (with.is_empty() || with.iter().any(|value| matches(value)))
}

pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let mut secret = held(call)?;
    alive(&secret)?;
    unowned(&secret)?;
    let version = values::given(call)?;
    let token = values::token(call);
    if let Some(description) = call.text("Description") {
        secret.description = Some(description.to_owned());
    }
    if let Some(key) = call.text("KmsKeyId") {
        secret.kms_key = Some(key.to_owned()).filter(|key| !key.is_empty());
    }
    let with_value = version.is_some();
    if let Some(version) = version {
        values::add(&mut secret, &token, version, &[CURRENT.to_owned()])?;
    }
    secret.changed = call.now;
    keep(call, &secret);
    Ok(json!({"ARN": secret.arn, "Name": secret.name, "VersionId": with_value.then_some(token)}))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let force = call.flag("ForceDeleteWithoutRecovery").unwrap_or(false);
    let window = call.integer("RecoveryWindowInDays");
    if force && window.is_some() {
        return Err(invalid_parameter(
            "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
        ));
    }
    if window.is_some_and(|days| !(7..=30).contains(&days)) {
        return Err(invalid_parameter("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."));
    }
    let mut secret = match held(call) {
        Ok(secret) => secret,
        // AWS answers a forced deletion of nothing as done.
        Err(_) if force => {
            let name = call.required("SecretId").to_owned();
            let arn = call.arn("secretsmanager", format!("secret:{name}"));
            return Ok(json!({"ARN": arn, "Name": name, "DeletionDate": call.now.to_string()}));
        }
        Err(error) => return Err(error),
    };
    if let Some(owner) = &secret.owning_service {
        return Err(invalid_request(format!("You can't delete a secret that is managed by the service {owner}.")));
    }
    if force {
        call.store.remove::<Secret>(call.account, call.region, &secret.name);
        let name = DeletedName { until: call.after(FORCED_DELETION) };
        call.store.put(call.account, call.region, &secret.name, &name);
        return Ok(json!({"ARN": secret.arn, "Name": secret.name, "DeletionDate": call.now.to_string()}));
    }
    if secret.deleted.is_some() {
        return Err(invalid_request(
            "You can't perform this operation on the secret because it was already scheduled for deletion.",
        ));
    }
    let days = i32::try_from(window.unwrap_or(30)).unwrap_or(30);
    let purged = call.after(f64::from(days) * DAY);
    secret.deleted = Some(call.now);
    secret.purged = Some(purged);
    keep(call, &secret);
    Ok(json!({"ARN": secret.arn, "Name": secret.name, "DeletionDate": purged.to_string()}))
}

pub(super) fn restore(call: &mut Call<'_>) -> Answer {
    let mut secret = held(call)?;
    unowned(&secret)?;
    secret.deleted = None;
    secret.purged = None;
    keep(call, &secret);
    Ok(json!({"ARN": secret.arn, "Name": secret.name}))
}

pub(super) fn tag(call: &mut Call<'_>) -> Answer {
    let mut secret = held(call)?;
    alive(&secret)?;
    let new = tags_of(call.member("Tags"));
    check_tags(&new)?;
    secret.tags.extend(new);
    keep(call, &secret);
    nothing()
}

pub(super) fn untag(call: &mut Call<'_>) -> Answer {
    let mut secret = held(call)?;
    alive(&secret)?;
    texts(call, "TagKeys").iter().for_each(|key| drop(secret.tags.remove(key)));
    keep(call, &secret);
    nothing()
}

pub(super) fn put_policy(call: &mut Call<'_>) -> Answer {
    let mut secret = held(call)?;
    alive(&secret)?;
    let policy = call.required("ResourcePolicy").to_owned();
    let statements = statements(&policy, Use::Resource)
        .map_err(|fault| ServiceError::new("MalformedPolicyDocumentException", fault).with_status(400))?;
    let public = statements.iter().any(|statement| {
        statement.get("Effect").and_then(Value::as_str) == Some("Allow")
            && !statement.contains_key("Condition")
            && crate::services::iam::document::principals(statement).iter().any(|(_, name)| *name == "*")
    });
    if public && call.flag("BlockPublicPolicy").unwrap_or(false) {
        return Err(ServiceError::new(
            "PublicPolicyException",
            "The resource policy grants broad access to the secret, which BlockPublicPolicy does not allow.",
        )
        .with_status(400));
    }
    secret.policy = Some(policy);
    keep(call, &secret);
    Ok(json!({"ARN": secret.arn, "Name": secret.name}))
}

pub(super) fn get_policy(call: &mut Call<'_>) -> Answer {
    let secret = seen(call)?;
    alive(&secret)?;
    Ok(json!({"ARN": secret.arn, "Name": secret.name, "ResourcePolicy": secret.policy}))
}

pub(super) fn delete_policy(call: &mut Call<'_>) -> Answer {
    let mut secret = held(call)?;
    alive(&secret)?;
    secret.policy = None;
    keep(call, &secret);
    Ok(json!({"ARN": secret.arn, "Name": secret.name}))
}

pub(super) fn validate_policy(call: &mut Call<'_>) -> Answer {
    if call.text("SecretId").is_some_and(|given| super::support::named(call, given, true).is_none()) {
        return Err(absent());
    }
    match statements(call.required("ResourcePolicy"), Use::Resource) {
        Ok(_) => Ok(json!({"PolicyValidationPassed": true, "ValidationErrors": []})),
        Err(fault) => Ok(json!({
            "PolicyValidationPassed": false,
            "ValidationErrors": [{"CheckName": "Policy syntax", "ErrorMessage": fault}],
        })),
    }
}
