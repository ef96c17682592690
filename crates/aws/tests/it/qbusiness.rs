use crate::cloud::{Cloud, place};
use crate::drive::{self, create_request, delete_request, marks, recover_request};
use charter_model::TypeName;
use charter_provider::{Observed, Operation, Provider, Recovered};
use charter_simulator::Settings;
use serde_json::json;

const APPLICATION: &str = "AWS::QBusiness::Application";
const SUBSCRIPTION: &str = "Charter::QBusiness::Subscription";

fn application() -> serde_json::Value {
    json!({"DisplayName": "assistant", "Tags": marks(),
        "IdentityCenterInstanceArn": "arn:aws:sso:::instance/ssoins-0123456789abcdef"})
}

#[tokio::test(start_paused = true)]
async fn an_account_that_may_not_use_the_service_is_told_before_anything_is_changed() {
    let types = [TypeName::new(APPLICATION).unwrap()];
    let open = Cloud::new().await;
    assert_eq!(open.provider.preflight(&place(), &types).await.unwrap(), []);
    let closed_to_new_customers = ["qbusiness".to_owned()].into();
    let closed = Cloud::with(Settings { closed_to_new_customers, ..Settings::default() }).await;
    let findings = closed.provider.preflight(&place(), &types).await.unwrap();
    let [finding] = findings.as_slice() else { panic!("{findings:?}") };
    assert!(finding.blocks, "{finding:?}");
    for told in ["is refused by Amazon Q Business", "no new customers since 31 July 2026", "Amazon Quick"] {
        assert!(finding.message.contains(told), "{told}: {finding:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_pays_is_unsubscribed_before_the_application_goes() {
    let cloud = Cloud::new().await;
    let (id, _) = cloud.make(APPLICATION, application()).await;
    let principal = json!({"User": "90674464b1-5b1a6a7c-1b2c-3d4e-5f60-718293a4b5c6"});
    let wanted = json!({"ApplicationId": id, "Principal": principal, "Type": "Q_BUSINESS"});
    let (subscription, told) = cloud.make(SUBSCRIPTION, wanted.clone()).await;
    assert_eq!((&told["Type"], &told["NextType"]), (&json!("Q_BUSINESS"), &json!("Q_BUSINESS")));
    drive::delete(&cloud.provider, delete_request(APPLICATION, place(), &id, application())).await.unwrap();
    assert!(matches!(cloud.look(APPLICATION, &id, application()).await, Observed::Absent));
    assert!(matches!(cloud.look(SUBSCRIPTION, &subscription, wanted).await, Observed::Absent));
}

/// It is cancelled, and lasts until the month ends.
#[tokio::test(start_paused = true)]
async fn a_deleted_subscription_says_how_long_it_stays() {
    let cloud = Cloud::new().await;
    let (id, _) = cloud.make(APPLICATION, application()).await;
    let principal = json!({"User": "90674464b1-5b1a6a7c-1b2c-3d4e-5f60-718293a4b5c6"});
    let wanted = json!({"ApplicationId": id, "Principal": principal, "Type": "Q_BUSINESS"});
    let (subscription, _) = cloud.make(SUBSCRIPTION, wanted.clone()).await;
    let delete = |wanted| drive::delete(&cloud.provider, delete_request(SUBSCRIPTION, place(), &subscription, wanted));
    let done = delete(wanted.clone()).await.unwrap();
    let said = "cancelled: AWS ends a subscription with the month; it stays until then, or until the application goes";
    assert_eq!(done.left_behind.as_deref(), Some(said));
    // What is cancelled counts as gone: a second deletion leaves nothing more.
    assert_eq!(delete(wanted).await.unwrap_err().code, charter_provider::FailureCode::NotFound);
}

/// Who is in a group cannot be read: taken for made, a change that never reached Q Business would be lost without a word.
#[tokio::test(start_paused = true)]
async fn an_interrupted_change_of_a_group_is_asked_for_again() {
    const GROUP: &str = "Charter::QBusiness::Group";
    let cloud = Cloud::new().await;
    let (application, _) = cloud.make(APPLICATION, application()).await;
    let index = json!({"ApplicationId": application, "DisplayName": "documents"});
    let (_, index) = cloud.make("AWS::QBusiness::Index", index).await;
    let group = |member: &str| {
        json!({"ApplicationId": application, "IndexId": index["IndexId"], "GroupName": "core-team",
            "GroupMembers": {"MemberUsers": [{"UserId": member}]}})
    };
    let (id, _) = cloud.make(GROUP, group("mateo_jackson@example.com")).await;
    let change = create_request(GROUP, place(), group("mary_major@example.com"));
    let request = recover_request(Operation::Update, &change, Some(&id));
    assert_eq!(cloud.provider.recover(request).await.unwrap(), Recovered::Repeat);
}
