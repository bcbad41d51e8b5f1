#include <fmt/format.h>

#include "models/description/layers/layers.h"
#include "models/description/layers/window.h"

namespace actionflow {
namespace {

// The convolution of the input at all samples at once, then the recurrence over what comes out of it.
struct ConvLstmLayer : Layer {
  std::int64_t filters = 0;
  std::array<int, 2> kernel{1, 1}, stride{1, 1}, dilation{1, 1};
  PaddingOption<2> padding;
  ActivationKind activation = ActivationKind::tanh;
  ActivationKind recurrent_activation = ActivationKind::sigmoid;
  float slope = 0.2F;
  bool sequence = false;
  bool backward = false;
  bool bias = true;

  static void describe(config::Fields<ConvLstmLayer>& fields) {
    using Self = ConvLstmLayer;
    fields.add("filters", &Self::filters, "channels of the state").range(1, 1 << 20).required();
    fields.add("kernel", &Self::kernel, "extent of both kernels, the input's and the state's: height, width")
        .range(1, kMostKernel)
        .required();
    fields.add("stride", &Self::stride, "of the input's kernel; the state's has 1").range(1, kMostKernel);
    fields.add("padding", &Self::padding, "of the input's kernel; the state's has same");
    fields.add("dilation", &Self::dilation, "of the input's kernel; the state's has 1").range(1, kMostKernel);
    fields.add("activation", &Self::activation, "of the candidate and the result");
    fields.add("recurrent_activation", &Self::recurrent_activation, "of the gates");
    fields.add("slope", &Self::slope, "of hard_sigmoid; Keras 3 has 1/6").range(0, 1);
    fields.add("sequence", &Self::sequence, "gives every sample's state, not only the last");
    fields.add("backward", &Self::backward, "runs from the last sample to the first");
    fields.add("bias", &Self::bias, "adds a learned number a gate and filter");
  }

  void emit(Emitter& emitter) const override {
    if (activation == ActivationKind::softmax || recurrent_activation == ActivationKind::softmax)
      emitter.fail("softmax cannot be a recurrent layer's activation");
    const int gates = add_input(emitter);
    Extents result = emitter.extents(gates);
    std::vector<Parameter> parameters{emitter.parameter(
        "recurrent_kernel", {4 * filters, filters, 1, kernel[0], kernel[1]}, Initializer::orthogonal)};
    if (bias) parameters.push_back(emitter.parameter("bias", {4 * filters}, Initializer::forget_bias));
    result.c = filters;
    if (!sequence) result.t = 1;
    emitter.add(ConvLstm{.units = filters,
                         .kernel = kernel,
                         .activation = activation,
                         .recurrent_activation = recurrent_activation,
                         .backward = backward,
                         .sequence = sequence,
                         .bias = bias,
                         .slope = slope},
                {gates}, result, std::move(parameters));
  }

 private:
  int add_input(Emitter& emitter) const {
    const int input = emitter.input();
    const Extents& in = emitter.extents(input);
    SlidingWindow window{
        .kernel = widen(kernel, 1), .stride = widen(stride, 1), .dilation = widen(dilation, 1)};
    pad(window, padding, in);
    const Convolution convolution{.filters = 4 * filters,
                                  .kernel = window.kernel,
                                  .stride = window.stride,
                                  .dilation = window.dilation,
                                  .pad_begin = window.pad_begin,
                                  .pad_end = window.pad_end,
                                  .bias = false};
    return emitter.add(convolution, {input}, slide(emitter, window, input, 4 * filters),
                       {emitter.parameter("kernel", {4 * filters, in.c, 1, kernel[0], kernel[1]},
                                          Initializer::glorot_uniform)},
                       "input");
  }
};

}  // namespace

std::vector<LayerKind> conv_lstm_layers() {
  return {layer_kind<ConvLstmLayer>(
      "conv_lstm2d", "long short-term memory over the samples of a clip, whose state is a map",
      "filters: 5, kernel: [3, 2], stride: [2, 1], padding: same, sequence: true, backward: true")};
}

}  // namespace actionflow
