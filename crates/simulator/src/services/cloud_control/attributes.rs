//! What only AWS sets: identifiers and read-only attributes, made from the forms that are known and else from the schema's words.

use super::pattern_text;
use super::references::EC2_IDS;
use crate::service::Call;
use charter_catalog::{Kind, Property, TypeSchema};
use charter_model::Pointer;
use serde_json::{Map, Value, json};

/// The names that services have in ARNs and hosts, where it is not that of the type in small letters.
const SERVICE_NAMES: &[(&str, &str)] = &[
    ("BedrockAgentCore", "bedrock-agentcore"),
    ("CertificateManager", "acm"),
    ("EFS", "elasticfilesystem"),
    ("ElasticLoadBalancingV2", "elasticloadbalancing"),
    ("EventSchemas", "schemas"),
    ("KinesisFirehose", "firehose"),
    ("MSK", "kafka"),
    ("OpenSearchServerless", "aoss"),
    ("OpenSearchService", "es"),
    ("StepFunctions", "states"),
    ("VpcLattice", "vpc-lattice"),
];

/// The last part of ARNs that is not `kind/name`: `{}` is the name or id.
const ARN_FORMS: &[(&str, &str)] = &[
    ("AWS::CloudWatch::Alarm", "alarm:{}"),
    ("AWS::EC2::VPCEndpoint", "vpc-endpoint/{}"),
    ("AWS::Lambda::Function", "function:{}"),
    ("AWS::Logs::LogGroup", "log-group:{}:*"),
    ("AWS::SNS::Topic", "{}"),
    ("AWS::SQS::Queue", "{}"),
    ("AWS::StepFunctions::StateMachine", "stateMachine:{}"),
];

/// Services whose ARNs name no region.
const GLOBAL_SERVICES: &[&str] = &["CloudFront", "Organizations", "Route53"];

/// What a state is called once something is there, the most wanted first.
const SETTLED: &[&str] = &[
    "ACTIVE",
    "Active",
    "AVAILABLE",
    "Available",
    "available",
    "READY",
    "Ready",
    "CREATED",
    "ENABLED",
    "Enabled",
    "SUCCEEDED",
    "COMPLETED",
];

/// Completes what was asked for to what there will be.
pub(super) fn complete(call: &mut Call<'_>, schema: &TypeSchema, properties: &mut Map<String, Value>) {
    for property in schema.properties() {
        if let (Some(default), false) = (property.default, property.read_only || property.write_only) {
            properties.entry(property.name.to_string()).or_insert(default);
        }
    }
    let mut making = Making { schema, call };
    making.names(properties);
    // Ids first, because ARNs hold them.
    let (arns, others): (Vec<&Pointer>, Vec<&Pointer>) = schema.read_only().iter().partition(|pointer| is_arn(pointer));
    for pointer in others.into_iter().chain(arns) {
        making.fill(properties, pointer);
    }
}

/// Marks a change of what is there.
pub(super) fn touch(call: &Call<'_>, schema: &TypeSchema, properties: &mut Map<String, Value>) {
    for pointer in schema.read_only() {
        if matches!(last(pointer).as_str(), "UpdatedAt" | "LastUpdatedAt" | "LastModifiedTime")
            && pointer.segments().len() == 1
        {
            properties.insert(last(pointer), json!(call.now));
        }
    }
}

fn last(pointer: &Pointer) -> String {
    pointer.segments().last().map(ToString::to_string).unwrap_or_default()
}

fn is_arn(pointer: &Pointer) -> bool {
    last(pointer).to_ascii_lowercase().ends_with("arn")
}

struct Making<'a, 'b, 'c> {
    schema: &'a TypeSchema,
    call: &'b mut Call<'c>,
}

impl Making<'_, '_, '_> {
    /// Names that the user left to AWS.
    fn names(&mut self, properties: &mut Map<String, Value>) {
        let name = self.schema.name_property().map(|property| property.pointer);
        let identifier = self.schema.primary_identifier().to_vec();
        for pointer in name.into_iter().chain(identifier) {
            let Some(property) = self.schema.property_at(&pointer) else { continue };
            let key = last(&pointer);
            if property.read_only || pointer.segments().len() != 1 || properties.contains_key(&key) {
                continue;
            }
            let mut made =
                format!("{}-{}", kebab(self.schema.type_name().resource()), self.call.random.lower_alphanumeric(12));
            made.truncate(property.max_length.unwrap_or(made.len()));
            if let Some(fitting) = self.fitting(&property, made) {
                properties.insert(key, Value::String(fitting));
            }
        }
    }

    fn fill(&mut self, properties: &mut Map<String, Value>, pointer: &Pointer) {
        let Some(property) = self.schema.property_at(pointer) else { return };
        let Some((name, parents)) = pointer.segments().split_last() else { return };
        let mut place = properties;
        let mut path = Pointer::root();
        // A copy of what there is so far, which ids and names are taken from.
        let known = place.clone();
        for parent in parents {
            let key = parent.to_string();
            path = path.key(&key);
            let made_by_aws = self.schema.property_at(&path).is_some_and(|parent| parent.read_only);
            if key == "*" || (!place.contains_key(&key) && !made_by_aws) {
                return;
            }
            match place.entry(key).or_insert_with(|| json!({})) {
                Value::Object(members) => place = members,
                _ => return,
            }
        }
        let name = name.to_string();
        if name == "*" || place.contains_key(&name) {
            return;
        }
        if let Some(value) = self.value(&property, &known) {
            place.insert(name, value);
        }
    }

    fn value(&mut self, property: &Property, known: &Map<String, Value>) -> Option<Value> {
        let takes = |kind| property.kinds.contains(&kind);
        if takes(Kind::String) {
            let text = self.text(property, known);
            return self.fitting(property, text).map(Value::String);
        }
        match property.kinds.first()? {
            Kind::Boolean => Some(json!(false)),
            Kind::Integer | Kind::Number => Some(json!(property.minimum.unwrap_or(0.0).max(0.0) as i64)),
            Kind::Array if property.min_items.unwrap_or(0) == 0 => Some(json!([])),
            _ => None,
        }
    }

    fn text(&mut self, property: &Property, known: &Map<String, Value>) -> String {
        let name = &*property.name;
        let lower = name.to_ascii_lowercase();
        let type_name = self.schema.type_name().clone();
        let allowed: Vec<&str> = property.allowed.iter().filter_map(Value::as_str).collect();
        if !allowed.is_empty() {
            let settled = SETTLED.iter().find(|word| allowed.contains(word)).or(allowed.first());
            return settled.map(|word| (*word).to_owned()).unwrap_or_default();
        }
        if lower.ends_with("arn") {
            return self.arn(known);
        }
        // The form of the id says whose it is; else it is the type's own.
        let owner =
            property.format.as_deref().and_then(|format| format.strip_suffix(".Id")).unwrap_or(type_name.as_str());
        if let Some((_, prefix, _)) = EC2_IDS.iter().find(|(of, ..)| *of == owner)
            && lower.ends_with("id")
        {
            return format!("{prefix}0{}", self.call.random.hex(16));
        }
        match (type_name.as_str(), name) {
            ("AWS::EC2::SecurityGroupIngress" | "AWS::EC2::SecurityGroupEgress", "Id") => {
                return format!("sgr-0{}", self.call.random.hex(16));
            }
            ("AWS::KMS::Key", "KeyId") => return self.call.random.uuid(),
            ("AWS::SQS::Queue", "QueueUrl") => {
                let (region, account) = (self.call.region, self.call.account);
                return format!(
                    "https://sqs.{region}.amazonaws.com/{account}/{}",
                    own_name(self.schema, known).unwrap_or_default()
                );
            }
            _ => {}
        }
        let is_time = property.format.as_deref() == Some("date-time")
            || ["At", "Time", "Date"].iter().any(|end| name.ends_with(end));
        match lower.as_str() {
            _ if is_time => self.call.now.to_string(),
            "region" => self.call.region.to_owned(),
            "ownerid" | "accountid" | "awsaccountid" => self.call.account.to_string(),
            "version" | "versionid" | "versionnumber" => "1".to_owned(),
            _ if lower.ends_with("status") || lower.ends_with("state") => "ACTIVE".to_owned(),
            _ if lower.ends_with("url") || lower.ends_with("uri") => format!("https://{}", self.host()),
            _ if lower.ends_with("endpoint") || lower.contains("dns") || lower.ends_with("domainname") => self.host(),
            _ => match &property.pattern {
                Some(pattern) => pattern_text::text(pattern, self.call.random).unwrap_or_default(),
                None => self.call.random.lower_alphanumeric(property.min_length.unwrap_or(0).clamp(10, 64)),
            },
        }
    }

    fn host(&mut self) -> String {
        let service = service_name(self.schema.type_name().service());
        format!("{}.{service}.{}.amazonaws.com", self.call.random.lower_alphanumeric(12), self.call.region)
    }

    fn arn(&mut self, known: &Map<String, Value>) -> String {
        let type_name = self.schema.type_name().clone();
        let own = own_id(self.schema, known).unwrap_or_else(|| self.call.random.lower_alphanumeric(10));
        let form = ARN_FORMS.iter().find(|(of, _)| *of == type_name.as_str());
        let resource =
            form.map_or_else(|| format!("{}/{own}", kebab(type_name.resource())), |(_, form)| form.replace("{}", &own));
        let service = service_name(type_name.service());
        if GLOBAL_SERVICES.contains(&type_name.service()) {
            self.call.global_arn(&service, resource)
        } else {
            self.call.arn(&service, resource)
        }
    }

    /// The text if it is of the property's form, else one that is.
    fn fitting(&mut self, property: &Property, text: String) -> Option<String> {
        let length = text.chars().count();
        let fits = length >= property.min_length.unwrap_or(0)
            && property.max_length.is_none_or(|longest| length <= longest)
            && property.pattern.as_ref().is_none_or(|pattern| pattern_text::matches(pattern, &text));
        if fits {
            return Some(text);
        }
        let pattern = property.pattern.as_ref()?;
        let made = pattern_text::text(pattern, self.call.random)?;
        let placed = self.in_place(&made);
        Some(if pattern_text::matches(pattern, &placed) { placed } else { made })
    }

    /// An ARN from a pattern, in the caller's account and region.
    fn in_place(&self, arn: &str) -> String {
        let mut parts: Vec<&str> = arn.splitn(6, ':').collect();
        if let ["arn", partition, _, region, account, _] = parts.as_mut_slice() {
            *partition = self.call.partition();
            if !region.is_empty() {
                *region = self.call.region;
            }
            if !account.is_empty() {
                *account = self.call.account.as_str();
            }
        }
        parts.join(":")
    }
}

/// The one part of the identifier that is not an ARN, or the name.
fn own_id(schema: &TypeSchema, known: &Map<String, Value>) -> Option<String> {
    let mut ids = schema.primary_identifier().iter().rev().filter(|pointer| !is_arn(pointer));
    let id = ids.find_map(|pointer| known.get(&last(pointer))).and_then(Value::as_str);
    id.filter(|id| !id.contains("://")).map(str::to_owned).or_else(|| own_name(schema, known))
}

fn own_name(schema: &TypeSchema, known: &Map<String, Value>) -> Option<String> {
    let pointer = schema.name_property()?.pointer;
    known.get(&last(&pointer)).and_then(Value::as_str).map(str::to_owned)
}

fn service_name(service: &str) -> String {
    let known = SERVICE_NAMES.iter().find(|(name, _)| *name == service);
    known.map_or_else(|| service.to_ascii_lowercase(), |(_, name)| (*name).to_owned())
}

/// `KnowledgeBase` as `knowledge-base`, `VPC` as `vpc`.
fn kebab(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (place, letter) in letters.iter().enumerate() {
        let before = place.checked_sub(1).and_then(|before| letters.get(before));
        let after = letters.get(place + 1);
        let begins_word = letter.is_ascii_uppercase()
            && before.is_some_and(|before| {
                before.is_ascii_lowercase() || before.is_ascii_digit() || after.is_some_and(char::is_ascii_lowercase)
            });
        if begins_word {
            out.push('-');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_in_arns_are_written_with_dashes() {
        assert_eq!(kebab("KnowledgeBase"), "knowledge-base");
        assert_eq!(kebab("VPC"), "vpc");
        assert_eq!(kebab("VPCEndpoint"), "vpc-endpoint");
        assert_eq!(kebab("DBProxy"), "db-proxy");
    }
}
