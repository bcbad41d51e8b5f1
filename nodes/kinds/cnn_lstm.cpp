// cnn_lstm: what a network computes per sample, then its recurrence in order.
#include "nodes/kinds/kinds.h"
#include "nodes/kinds/network_node.h"

namespace actionflow {

namespace {

class CnnLstmNode : public NetworkNode {
 public:
  explicit CnnLstmNode(Options options) : NetworkNode(std::move(options), Cut::before_recurrent) {}
};

}  // namespace

NodeKind cnn_lstm_kind() {
  return node_kind<CnnLstmNode>("cnn_lstm",
                                "a network that ends in a recurrence, which runs in order of each stream",
                                {PortType::clips}, PortType::scores, true);
}

}  // namespace actionflow
