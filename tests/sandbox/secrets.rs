//! Secrets that a task asks for by name.

use crate::harness::task;
use stepwell_event::{Denial, Grants};

#[test]
fn a_task_gets_the_secrets_that_it_is_granted_and_no_others() {
    let grants = Grants {
        secrets: vec![("token".to_owned(), "kanarienvogel".to_owned())],
        ..Grants::default()
    };
    let ran = task("task-secrets")
        .input("names", "token\nother\nTOKEN\ntoken \na\"b")
        .grants(grants)
        .go();
    ran.succeeded();
    let refused = |name: &str| {
        format!("cannot read secret `{name}`: the step is not given a secret of this name\n")
    };
    let expected = ["13 bytes\n".to_owned(), refused("other"), refused("TOKEN")];
    assert!(ran.log().starts_with(&expected.concat()), "{}", ran.log());
    let denied = |name: &str, grant: Option<&str>| Denial {
        capability: "secret".to_owned(),
        target: name.to_owned(),
        grant: grant.map(str::to_owned),
    };
    let denials = ran.denials();
    assert_eq!(
        denials[0],
        denied("other", Some("allow = { secrets = [\"other\"] }"))
    );
    assert_eq!(
        denials[1],
        denied("TOKEN", Some("allow = { secrets = [\"TOKEN\"] }"))
    );
    assert_eq!(denials.last(), Some(&denied("a\"b", None)));
    assert!(!format!("{:?} {:?}", ran.report, ran.events).contains("kanarienvogel"));
}
