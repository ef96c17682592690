//! A sample of what Cloud Control serves: named and unnamed, with tags as a list and as a map, with a parent, with nothing that can
//! be changed, with an ARN for its identifier.

use crate::cases::{Case, Parts};
use crate::ground::Ground;
use serde_json::json;

pub(crate) const CASES: &[Case] = &[
    Case { type_name: "AWS::SNS::Topic", prepare: |_| Box::pin(async { Ok(topic()) }) },
    Case { type_name: "AWS::SQS::Queue", prepare: |_| Box::pin(async { Ok(queue()) }) },
    Case { type_name: "AWS::Logs::LogGroup", prepare: |_| Box::pin(async { Ok(log_group()) }) },
    Case { type_name: "AWS::EC2::VPC", prepare: |_| Box::pin(async { Ok(vpc()) }) },
    Case { type_name: "AWS::EC2::SubnetRouteTableAssociation", prepare: |ground| Box::pin(association(ground)) },
    Case { type_name: "AWS::SSM::Parameter", prepare: |_| Box::pin(async { Ok(parameter()) }) },
    Case { type_name: "AWS::DynamoDB::Table", prepare: |_| Box::pin(async { Ok(table()) }) },
    Case { type_name: "AWS::ECR::Repository", prepare: |_| Box::pin(async { Ok(repository()) }) },
];

fn topic() -> Parts {
    Parts {
        before: json!({"TopicName": "alarms", "DisplayName": "Alarms", "Tags": [{"Key": "team", "Value": "a"}]}),
        after: json!({"TopicName": "alarms", "Tags": [{"Key": "team", "Value": "b"}]}),
        filter: json!({}),
    }
}

fn queue() -> Parts {
    Parts {
        before: json!({"QueueName": "jobs", "VisibilityTimeout": 60, "DelaySeconds": 5}),
        after: json!({"QueueName": "jobs", "VisibilityTimeout": 90}),
        filter: json!({}),
    }
}

fn log_group() -> Parts {
    Parts {
        before: json!({"LogGroupName": "/charter/audit", "RetentionInDays": 30, "Tags": [{"Key": "team", "Value": "a"}]}),
        after: json!({"LogGroupName": "/charter/audit", "RetentionInDays": 90}),
        filter: json!({}),
    }
}

fn vpc() -> Parts {
    Parts {
        before: json!({"CidrBlock": "10.1.0.0/16", "EnableDnsHostnames": false, "Tags": [{"Key": "Name", "Value": "a"}]}),
        after: json!({"CidrBlock": "10.1.0.0/16", "EnableDnsHostnames": true, "Tags": [{"Key": "Name", "Value": "b"}]}),
        filter: json!({}),
    }
}

async fn association(ground: &Ground<'_>) -> Result<Parts, String> {
    let vpc = ground.make("AWS::EC2::VPC", json!({"CidrBlock": "10.2.0.0/16"})).await?.identifier;
    let subnet = ground.make("AWS::EC2::Subnet", json!({"VpcId": vpc, "CidrBlock": "10.2.0.0/24"})).await?;
    let table = ground.make("AWS::EC2::RouteTable", json!({"VpcId": vpc})).await?;
    let association = json!({"SubnetId": subnet.identifier, "RouteTableId": table.identifier});
    Ok(Parts { before: association, after: serde_json::Value::Null, filter: json!({}) })
}

fn parameter() -> Parts {
    Parts {
        before: json!({"Name": "/charter/limit", "Type": "String", "Value": "1", "Description": "d",
            "Tags": {"team": "a"}}),
        after: json!({"Name": "/charter/limit", "Type": "String", "Value": "2", "Tags": {"team": "b"}}),
        filter: json!({}),
    }
}

fn table() -> Parts {
    let table = |more: serde_json::Value| {
        let mut table = json!({"TableName": "sessions", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]});
        table.as_object_mut().unwrap().extend(crate::shared::object(more));
        table
    };
    Parts {
        before: table(json!({"DeletionProtectionEnabled": false, "Tags": [{"Key": "team", "Value": "a"}]})),
        after: table(json!({"TableClass": "STANDARD_INFREQUENT_ACCESS"})),
        filter: json!({}),
    }
}

fn repository() -> Parts {
    Parts {
        before: json!({"RepositoryName": "runtime", "ImageTagMutability": "IMMUTABLE",
            "ImageScanningConfiguration": {"ScanOnPush": true}}),
        after: json!({"RepositoryName": "runtime", "ImageTagMutability": "MUTABLE",
            "Tags": [{"Key": "team", "Value": "b"}]}),
        filter: json!({}),
    }
}
