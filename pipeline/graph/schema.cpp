#include "nodes/node_kinds.h"
#include "pipeline/graph/description.h"

namespace actionflow {

namespace {

config::Schema names(const std::string& description) {
  config::Schema name{.type = "string"};
  config::Schema list{.type = "array", .description = description};
  list.items.push_back(std::move(name));
  list.scalar_too = true;
  return list;
}

config::Schema node_schema() {
  std::vector<std::pair<std::string, config::Schema>> kinds;
  for (const NodeKind& kind : node_kinds()) {
    config::Schema schema = kind.schema();
    schema.description = kind.help;
    if (kind.inputs == std::vector<PortType>{PortType::packets}) {
      schema.properties.emplace_back("streams", names("the streams that it takes; all unless given"));
    } else {
      schema.properties.emplace_back("from", names("the node or nodes that it reads"));
      schema.required.push_back("from");
    }
    kinds.emplace_back(kind.name, std::move(schema));
  }
  return config::one_of("node", std::move(kinds));
}

config::Schema map_of(config::Schema values, const std::string& description) {
  config::Schema map{.type = "object", .description = description};
  map.values.push_back(std::move(values));
  return map;
}

}  // namespace

std::string pipeline_schema() {
  config::Schema stream = config::schema_of<SourceOptions>();
  config::Schema defaults = stream;
  defaults.description = "merged key by key into each stream";
  config::Schema root{.type = "object"};
  root.properties.emplace_back("options", config::schema_of<PipelineOptions>());
  root.properties.emplace_back("metrics", config::schema_of<MetricsOptions>());
  root.properties.emplace_back("defaults", std::move(defaults));
  config::Schema short_form{.type = "string"};
  config::Schema stream_forms;
  stream_forms.choices = {std::move(stream), std::move(short_form)};
  root.properties.emplace_back("streams", map_of(std::move(stream_forms), "sources by name"));
  root.properties.emplace_back("graph", map_of(node_schema(), "nodes by name"));
  config::Schema web = config::schema_of<WebOptions>();
  web.description = "a page to watch the streams on";
  root.properties.emplace_back("web", std::move(web));
  config::Schema share = config::schema_of<ShareOptions>();
  share.description = "a group of machines that share the cameras of this file";
  root.properties.emplace_back("share", std::move(share));
  root.required = {"streams", "graph"};
  root.closed = true;
  return config::to_json(root, "actionflow pipeline");
}

}  // namespace actionflow
