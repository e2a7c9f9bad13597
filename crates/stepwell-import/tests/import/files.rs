//! Pipelines as people have them.

use crate::{import, notes};

fn check(name: &str, yaml: &str) {
    let import = import(yaml);
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, format!("{}\n{}", import.toml, notes(&import)));
    });
}

#[test]
fn stages_with_a_deployment() {
    check("dotnet", include_str!("../files/dotnet.yml"));
}

#[test]
fn a_matrix_at_the_root() {
    check("python", include_str!("../files/python.yml"));
}

#[test]
fn a_template_with_conditions_and_loops() {
    check("templates", include_str!("../files/templates.yml"));
}

#[test]
fn a_pipeline_that_extends_another() {
    check("extends", include_str!("../files/extends.yml"));
}

#[test]
fn containers_and_services() {
    check("services", include_str!("../files/services.yml"));
}
