// cnn3d: a network run whole.
#include "nodes/kinds/kinds.h"
#include "nodes/kinds/network_node.h"

namespace actionflow {

namespace {

class Cnn3dNode : public NetworkNode {
 public:
  explicit Cnn3dNode(Options options) : NetworkNode(std::move(options), Cut::none) {}
};

}  // namespace

NodeKind cnn3d_kind() {
  return node_kind<Cnn3dNode>("cnn3d", "a network run whole, many clips at once", {PortType::clips},
                              PortType::scores, false);
}

}  // namespace actionflow
