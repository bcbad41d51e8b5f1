#include "pipeline/graph/dot.h"

namespace actionflow {

namespace {

std::string quoted(const std::string& text) {
  std::string safe = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') safe += '\\';
    safe += c;
  }
  return safe + "\"";
}

// Two lines in a box.
std::string label(const std::string& first, const std::string& second) {
  std::string joined = quoted(first);
  joined.pop_back();
  return joined + "\\n" + quoted(second).substr(1);
}

}  // namespace

std::string to_dot(const PipelineDescription& description) {
  std::string dot = "digraph pipeline {\n  rankdir=LR;\n  node [fontname=\"sans-serif\", shape=box];\n";
  dot += "  edge [fontname=\"sans-serif\", fontsize=10];\n";
  for (const StreamDescription& stream : description.streams) {
    const std::string source = without_credentials(stream.source.source);
    dot += "  " + quoted("stream " + stream.name) +
           " [shape=cds, label=" + (source == stream.name ? quoted(source) : label(stream.name, source)) +
           "];\n";
  }
  for (const NodeDescription& node : description.nodes) {
    const bool sink = node.kind->output == PortType::nothing;
    dot += "  " + quoted(node.use.name) + " [label=" + label(node.use.name, node.kind->name) +
           (sink               ? ", shape=note"
            : node.kind->state ? ", style=rounded"
                               : "") +
           "];\n";
  }
  for (const NodeDescription& node : description.nodes) {
    if (node.inputs.empty()) {
      for (const StreamId stream : node.use.streams) {
        dot += "  " + quoted("stream " + description.streams[static_cast<std::size_t>(stream)].name) +
               " -> " + quoted(node.use.name) + " [label=packets];\n";
      }
    }
    for (const int input : node.inputs) {
      const NodeDescription& from = description.nodes[static_cast<std::size_t>(input)];
      dot += "  " + quoted(from.use.name) + " -> " + quoted(node.use.name) +
             " [label=" + std::string(to_string(from.kind->output)) + "];\n";
    }
  }
  return dot + "}\n";
}

}  // namespace actionflow
