//! Host bindings of the world that tasks target, generated from `wit/task`.

wasmtime::component::bindgen!({
    path: "../../wit/task",
    world: "task",
    // A call that puts something on the log waits while the journal is behind; that is all the
    // back-pressure a flooding guest ever feels.
    imports: {
        "stepwell:task/logging.log": async,
        "stepwell:task/logging.issue": async,
        "stepwell:task/logging.progress": async,
        "stepwell:task/logging.complete": async,
        "stepwell:task/logging.detail": async,
        "stepwell:task/outputs.set-output": async,
        "stepwell:task/outputs.set-variable": async,
        "stepwell:task/outputs.add-secret": async,
        "stepwell:task/outputs.prepend-path": async,
        "stepwell:task/outputs.set-task-variable": async,
        "stepwell:task/outputs.set-endpoint": async,
        "stepwell:task/publishing.attach-file": async,
        "stepwell:task/publishing.add-summary": async,
        "stepwell:task/publishing.keep-file": async,
        "stepwell:task/publishing.keep-log": async,
        "stepwell:task/publishing.publish-artifact": async,
        "stepwell:task/publishing.link-artifact": async,
        "stepwell:task/publishing.publish-test-results": async,
        "stepwell:task/publishing.publish-coverage": async,
        "stepwell:task/publishing.set-run-number": async,
        "stepwell:task/publishing.add-tag": async,
        "stepwell:task/secrets.get": async,
        "stepwell:task/cancellation.subscribe": trappable,
    },
    exports: { default: async },
    with: {
        "wasi:io/poll": wasmtime_wasi::p2::bindings::io::poll,
    },
});
