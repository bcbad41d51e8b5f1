#include "nodes/flow/node.h"

namespace actionflow {

std::string_view to_string(PortType type) {
  switch (type) {
    case PortType::nothing:
      return "nothing";
    case PortType::packets:
      return "packets";
    case PortType::frames:
      return "frames";
    case PortType::clips:
      return "clips";
    case PortType::scores:
      return "scores";
    case PortType::events:
      return "events";
    case PortType::results:
      return "scores or events";
  }
  return "";
}

bool takes(PortType input, PortType output) {
  return input == output ||
         (input == PortType::results && (output == PortType::scores || output == PortType::events));
}

std::vector<std::filesystem::path> Node::outputs(const std::vector<std::string>&) const { return {}; }

const std::vector<std::string>& Node::classes() const {
  static const std::vector<std::string> none;
  return none;
}

}  // namespace actionflow
