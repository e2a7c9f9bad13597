//! What a task says of itself, from the words of WIT to ours.

use crate::bindings::stepwell::task::description as wit;
use stepwell_event::{Access, Capability, Description, InputSpec, InputType, OutputSpec};

pub(crate) fn translate(description: wit::TaskDescription) -> Description {
    Description {
        name: description.name,
        version: description.version,
        summary: description.summary,
        inputs: description
            .inputs
            .into_iter()
            .map(|input| InputSpec {
                name: input.name,
                kind: match input.kind {
                    wit::InputType::Text => InputType::String,
                    wit::InputType::Boolean => InputType::Boolean,
                    wit::InputType::Number => InputType::Number,
                    wit::InputType::Path => InputType::Path,
                    wit::InputType::Lines => InputType::List,
                },
                required: input.required,
                default: input.default_value,
                values: input.allowed_values,
                help: input.help,
            })
            .collect(),
        outputs: description
            .outputs
            .into_iter()
            .map(|output| OutputSpec {
                name: output.name,
                help: output.help,
            })
            .collect(),
        capabilities: description
            .capabilities
            .into_iter()
            .map(|capability| match capability {
                wit::Capability::Workspace(wit::Access::Read) => {
                    Capability::Workspace(Access::Read)
                }
                wit::Capability::Workspace(wit::Access::Write) => {
                    Capability::Workspace(Access::Write)
                }
                wit::Capability::Host(host) => Capability::Host(host),
                wit::Capability::Environment(name) => Capability::Env(name),
                wit::Capability::Secret(name) => Capability::Secret(name),
            })
            .collect(),
    }
}
