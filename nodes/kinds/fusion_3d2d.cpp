// fusion_3d2d: a network's branches side by side, then what joins them.
#include "nodes/kinds/kinds.h"
#include "nodes/kinds/network_node.h"

namespace actionflow {

namespace {

class Fusion3d2dNode : public NetworkNode {
 public:
  explicit Fusion3d2dNode(Options options) : NetworkNode(std::move(options), Cut::branches) {}
};

}  // namespace

NodeKind fusion_3d2d_kind() {
  return node_kind<Fusion3d2dNode>("fusion_3d2d",
                                   "a network whose 2D and 3D branches run side by side and are joined",
                                   {PortType::clips}, PortType::scores, false);
}

}  // namespace actionflow
