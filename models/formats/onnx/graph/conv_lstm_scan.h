// ConvLSTM, for which ONNX has no operator: a Scan over the samples, whose body is one step. Includes
// protobuf's classes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "models/formats/onnx/graph/onnx_graph.h"
#include "models/formats/onnx/graph/onnx_proto.h"

namespace actionflow::onnx {

// What a node that is such a Scan is called here. It reads the gates (N×4·units×T×H×W), two states of zeros,
// the state's kernel (4·units × units × height × width) and, where there is one, the bias (4·units); gates
// stand in our order, i, f, c, o. Its attributes: units, activation and recurrent_activation (ONNX'
// operators), slope, backward.
inline constexpr const char* kConvLstm = "actionflow.ConvLstm";

struct ConvLstmStep {
  std::string name;  // that the body's own names begin with; unique in the file
  std::int64_t units = 0;
  std::array<std::int64_t, 2> extents{1, 1};           // height, width
  std::string activation = "Tanh", gates = "Sigmoid";  // ONNX' operators
  float slope = 0.2F;                                  // of HardSigmoid
  std::string kernel, bias;                            // names of constants around the Scan; no bias: empty
  bool sequence = false;                               // gives each sample's state, too
};

// The body of the Scan: (state, cell, gates) to (state, cell) and, where it is a sequence, (sample).
void write_conv_lstm_step(const ConvLstmStep& step, ::onnx::GraphProto& body);

// The node that a Scan with such a body is; nothing for others, whatever they are.
std::optional<Node> conv_lstm_of(const ::onnx::NodeProto& scan);

}  // namespace actionflow::onnx
