//! Through the SDK, with all that is optional.

use stepwell_task::{
    Coverage, CoverageFormat, Detail, DetailResult, EndpointField, Result, TestFormat, TestResults,
    add_summary, add_tag, attach_file, keep_file, keep_log, link_artifact, prepend_path,
    publish_artifact, publish_artifact_in, set_endpoint, set_run_number, set_secret_task_variable,
    set_task_variable,
};

pub(crate) fn publish() -> Result {
    attach_file("screenshot", "front", "out/front.png")?;
    add_summary("out/summary.md")?;
    keep_file("out/dump.bin")?;
    keep_log("out/tool.log")?;
    publish_artifact("site", "out/site")?;
    publish_artifact_in("docs", "site", "out/docs")?;
    link_artifact("image", "container", "#/7/image")?;
    TestResults::new(TestFormat::Vstest, ["a.trx", "b/*.trx"])
        .merge(false)
        .platform("wasm32")
        .configuration("release")
        .title("unit")
        .attach_files(false)
        .fail_on_failed_tests(true)
        .publish()?;
    Coverage::new(CoverageFormat::Jacoco, "jacoco.xml")
        .report_directory("html")
        .additional_file("a.exec")
        .additional_file("b.exec")
        .publish()?;
    set_run_number("1.2.3")?;
    add_tag("nightly")?;
    prepend_path("tools/bin")?;
    set_task_variable("phase", "1")?;
    set_secret_task_variable("token", "a secret value")?;
    set_endpoint("e1", EndpointField::Url, "https://a.example/")?;
    set_endpoint("e1", EndpointField::DataParameter("d".to_owned()), "1")?;
    set_endpoint("e1", EndpointField::AuthParameter("a".to_owned()), "2")?;
    let whole = Detail::begin("Build", "all")?;
    let part = whole.begin_part("Page", "index")?;
    part.progress(150, "half")?;
    part.complete(DetailResult::SucceededWithIssues, "a redirect")?;
    whole.complete(DetailResult::Succeeded, "done")
}
