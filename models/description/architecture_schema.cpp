#include "base/config/schema.h"
#include "models/description/architecture.h"
#include "models/description/layers/registry.h"

namespace actionflow {
namespace {

using config::Schema;

Schema text(const std::string& description) {
  Schema schema;
  schema.type = "string";
  schema.description = description;
  return schema;
}

Schema flag(const std::string& description) {
  Schema schema;
  schema.type = "boolean";
  schema.description = description;
  return schema;
}

Schema count(const std::string& description) {
  Schema schema;
  schema.type = "integer";
  schema.minimum = 0;
  schema.description = description;
  return schema;
}

Schema list_of(Schema item, const std::string& description) {
  Schema schema;
  schema.type = "array";
  schema.description = description;
  schema.items.push_back(std::move(item));
  return schema;
}

// What stands beside the options of any item of `layers:`.
void add_common(Schema& item) {
  Schema from =
      list_of(text("a layer's name"), "what it reads: the item before it unless told; input is the clip");
  from.scalar_too = true;
  item.properties.emplace_back("name", text("of its own; kind_1, kind_2, … unless told"));
  item.properties.emplace_back("from", std::move(from));
  item.properties.emplace_back("when",
                               flag("whether it stands; else its name stands for what it would have read"));
  item.properties.emplace_back("repeat", count("so many, one after another, named name.0, name.1, …"));
  item.properties.emplace_back("first_index", count("the number of the first of them: 0 unless told"));
}

Schema bare_name() {
  Schema schema = text("a layer with its defaults");
  for (const LayerKind& kind : layer_kinds()) schema.words.push_back(kind.name);
  return schema;
}

Schema use_of_block() {
  Schema schema;
  schema.type = "object";
  schema.description = "a use of a block, with its parameters";
  schema.properties.emplace_back("block", text("under blocks:"));
  schema.required.emplace_back("block");
  add_common(schema);
  return schema;
}

// Inside a block any option may be a parameter, `$name`; so what a layer's own schema wants is checked by
// the reader there, not here.
Schema item_of_block() {
  Schema schema;
  schema.description = "as in layers:, where $name stands for a parameter, also in sums like $name * 4";
  return schema;
}

Schema item_of_network() {
  std::vector<std::pair<std::string, Schema>> kinds;
  for (const LayerKind& kind : layer_kinds()) {
    Schema schema = kind.schema();
    schema.description = kind.help;
    add_common(schema);
    kinds.emplace_back(kind.name, std::move(schema));
  }
  Schema item;
  item.choices = {bare_name(), use_of_block(), config::one_of("layer", std::move(kinds))};
  return item;
}

Schema blocks() {
  Schema parameters;
  parameters.type = "object";
  parameters.description = "names with their defaults; null: must be given";
  Schema block;
  block.type = "object";
  block.closed = true;
  block.properties.emplace_back("parameters", std::move(parameters));
  block.properties.emplace_back("inputs",
                                list_of(text("a name"), "what its layers call its inputs in from:"));
  block.properties.emplace_back("layers", list_of(item_of_block(), "as a network's"));
  block.required.emplace_back("layers");
  Schema schema;
  schema.type = "object";
  schema.description = "lists of layers with parameters, by name";
  schema.values.push_back(std::move(block));
  return schema;
}

Schema defaults() {
  Schema schema;
  schema.type = "object";
  schema.description = kDefaultsHelp;
  schema.closed = true;
  for (const LayerKind& kind : layer_kinds()) {
    Schema options;
    options.type = "object";
    options.description = "options of " + kind.name;
    schema.properties.emplace_back(kind.name, std::move(options));
  }
  return schema;
}

Schema classes() {
  Schema number;
  number.type = "integer";
  number.minimum = 1;
  Schema schema;
  schema.description = "how many, or a list of names";
  schema.choices = {std::move(number), list_of(text("a class"), "")};
  return schema;
}

}  // namespace

std::string architecture_schema() {
  Schema schema;
  schema.type = "object";
  schema.closed = true;
  schema.properties.emplace_back("extends", text("a model file, of which this one says what is different"));
  schema.properties.emplace_back("name", text("of the network; the file's unless told"));
  schema.properties.emplace_back("input", config::schema_of<InputSpec>());
  schema.properties.emplace_back("streams", flag(kStreamsHelp));
  schema.properties.emplace_back("classes", classes());
  schema.properties.emplace_back("defaults", defaults());
  schema.properties.emplace_back("blocks", blocks());
  schema.properties.emplace_back("layers", list_of(item_of_network(), "the network, from the clip on"));
  // input and layers may come from the file that is extended.
  return config::to_json(schema, "A network for actionflow");
}

}  // namespace actionflow
