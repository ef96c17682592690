//! IAM.

use crate::cases::{Case, Parts};
use crate::ground::Ground;
use serde_json::{Value, json};

pub(crate) const CASES: &[Case] = &[
    Case { type_name: "AWS::IAM::Role", prepare: |_| Box::pin(async { Ok(role()) }) },
    Case { type_name: "AWS::IAM::RolePolicy", prepare: |ground| Box::pin(role_policy(ground)) },
    Case { type_name: "AWS::IAM::Policy", prepare: |ground| Box::pin(policy(ground)) },
    Case { type_name: "AWS::IAM::ManagedPolicy", prepare: |ground| Box::pin(managed_policy(ground)) },
    Case { type_name: "AWS::IAM::InstanceProfile", prepare: |ground| Box::pin(instance_profile(ground)) },
    Case { type_name: "AWS::IAM::OIDCProvider", prepare: |_| Box::pin(async { Ok(oidc_provider()) }) },
    Case { type_name: "AWS::IAM::SAMLProvider", prepare: |_| Box::pin(async { Ok(saml_provider()) }) },
];

pub(crate) fn trust(service: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"},
    ]})
}

pub(crate) fn allow(action: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})
}

async fn roles(ground: &Ground<'_>, prefix: &str) -> Result<[String; 2], String> {
    let names = [format!("{prefix}-reader"), format!("{prefix}-writer")];
    for name in &names {
        ground.role(name, "ec2.amazonaws.com").await?;
    }
    Ok(names)
}

fn role() -> Parts {
    Parts {
        before: json!({
            "RoleName": "role-reader", "Path": "/teams/", "AssumeRolePolicyDocument": trust("kendra.amazonaws.com"),
            "Description": "Reads the index", "MaxSessionDuration": 7200,
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
            "Policies": [
                {"PolicyName": "query", "PolicyDocument": allow("kendra:Query")},
                {"PolicyName": "gone", "PolicyDocument": allow("kendra:Retrieve")},
            ],
            "Tags": [{"Key": "team", "Value": "search"}, {"Key": "old", "Value": "1"}],
        }),
        after: json!({
            "RoleName": "role-reader", "Path": "/teams/", "AssumeRolePolicyDocument": trust("bedrock.amazonaws.com"),
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/SecurityAudit"],
            "PermissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess",
            "Policies": [{"PolicyName": "query", "PolicyDocument": allow("kendra:DescribeIndex")}],
            "Tags": [{"Key": "team", "Value": "answers"}, {"Key": "new", "Value": "1"}],
        }),
        filter: json!({}),
    }
}

async fn role_policy(ground: &Ground<'_>) -> Result<Parts, String> {
    let [role, _] = roles(ground, "inline").await?;
    Ok(Parts {
        before: json!({"RoleName": role, "PolicyName": "query", "PolicyDocument": allow("kendra:Query")}),
        after: json!({"RoleName": role, "PolicyName": "query", "PolicyDocument": allow("kendra:Retrieve")}),
        filter: json!({"RoleName": role}),
    })
}

async fn policy(ground: &Ground<'_>) -> Result<Parts, String> {
    let [reader, writer] = roles(ground, "policy").await?;
    Ok(Parts {
        before: json!({"PolicyName": "query", "Roles": [reader], "PolicyDocument": allow("kendra:Query")}),
        after: json!({"PolicyName": "ask", "Roles": [writer], "PolicyDocument": allow("kendra:Retrieve")}),
        filter: json!({}),
    })
}

async fn managed_policy(ground: &Ground<'_>) -> Result<Parts, String> {
    let [reader, writer] = roles(ground, "managed").await?;
    Ok(Parts {
        before: json!({
            "ManagedPolicyName": "query", "Path": "/teams/", "Description": "Queries", "Roles": [reader],
            "PolicyDocument": allow("kendra:Query"),
        }),
        after: json!({
            "ManagedPolicyName": "query", "Path": "/teams/", "Description": "Queries", "Roles": [writer],
            "PolicyDocument": allow("kendra:Retrieve"),
        }),
        filter: json!({}),
    })
}

async fn instance_profile(ground: &Ground<'_>) -> Result<Parts, String> {
    let [reader, writer] = roles(ground, "profile").await?;
    Ok(Parts {
        before: json!({"InstanceProfileName": "machines", "Path": "/", "Roles": [reader]}),
        after: json!({"InstanceProfileName": "machines", "Path": "/", "Roles": [writer]}),
        filter: json!({}),
    })
}

fn oidc_provider() -> Parts {
    let thumbprint = |digit: &str| digit.repeat(40);
    Parts {
        before: json!({
            "Url": "https://token.example.com", "ClientIdList": ["a", "b"], "ThumbprintList": [thumbprint("a")],
        }),
        after: json!({
            "Url": "https://token.example.com", "ClientIdList": ["b", "c"], "ThumbprintList": [thumbprint("b")],
            "Tags": [{"Key": "team", "Value": "x"}],
        }),
        filter: json!({}),
    }
}

fn saml_provider() -> Parts {
    // A document has a thousand characters at least (CreateSAMLProvider).
    let metadata = |text: &str| {
        let name = text.repeat(1000);
        format!("<EntityDescriptor entityID=\"https://idp.example.com/{name}\"></EntityDescriptor>")
    };
    Parts {
        before: json!({"Name": "idp", "SamlMetadataDocument": metadata("a")}),
        after: json!({"Name": "idp", "SamlMetadataDocument": metadata("b"), "Tags": [{"Key": "team", "Value": "x"}]}),
        filter: json!({}),
    }
}
