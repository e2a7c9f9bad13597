//! Variables in both forms.

use crate::body;
use insta::assert_snapshot;

#[test]
fn a_mapping_has_texts_only() {
    assert_snapshot!(body("variables: { A: 1.10, B: true, C: , D: '$[ variables.A ]', e.f: x }\n"), @r#"
    [variables]
    A = "1.10"
    B = "true"
    C = ""
    D = "$[ variables.A ]"
    "e.f" = "x"
    "#);
}

#[test]
fn the_last_of_one_name_counts() {
    assert_snapshot!(body("
variables:
- name: a
  value: 1
- template: more.yml
- name: A
  value: 2
  readonly: true
- name: b
  value: 1
  secret: true
"), @r#"
    [variables]
    # `a` is hidden by the variable of the same name below
    # a = "1"
    # `more.yml` has to be imported as well
    more = { template = "more.toml" }
    A = { value = "2", readonly = true }
    # not carried over: a variable has `name`, `value` and `readonly`
    # name: b
    # value: 1
    # secret: true
    "#);
}
