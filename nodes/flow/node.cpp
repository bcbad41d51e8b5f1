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
  }
  return "";
}

std::vector<std::filesystem::path> Node::outputs(const std::vector<std::string>&) const { return {}; }

const std::vector<std::string>& Node::classes() const {
  static const std::vector<std::string> none;
  return none;
}

}  // namespace actionflow
