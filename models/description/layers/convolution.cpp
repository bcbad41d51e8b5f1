#include <fmt/format.h>

#include "models/description/layers/activation.h"
#include "models/description/layers/count.h"
#include "models/description/layers/layers.h"
#include "models/description/layers/window.h"

namespace actionflow {
namespace {

int add_convolution(Emitter& emitter, int input, Convolution convolution, const Padding& padding) {
  const Extents& in = emitter.extents(input);
  if (in.c % convolution.groups != 0 || convolution.filters % convolution.groups != 0) {
    emitter.fail(fmt::format("{} groups do not divide the {} channels of its input {} and its {} filters",
                             convolution.groups, in.c, emitter.describe(input), convolution.filters));
  }
  SlidingWindow window{
      .kernel = convolution.kernel, .stride = convolution.stride, .dilation = convolution.dilation};
  pad(window, padding, in);
  convolution.pad_begin = window.pad_begin;
  convolution.pad_end = window.pad_end;
  if (convolution.groups % convolution.repeats != 0)
    emitter.fail(fmt::format("{} repeats of the kernel do not divide its {} groups", convolution.repeats,
                             convolution.groups));
  const Extents result = slide(emitter, window, input, convolution.filters);
  const std::int64_t outputs = convolution.filters / convolution.repeats;
  std::vector<Parameter> parameters{
      emitter.parameter("kernel",
                        {outputs, in.c / convolution.groups, convolution.kernel[0], convolution.kernel[1],
                         convolution.kernel[2]},
                        Initializer::glorot_uniform)};
  if (convolution.bias) {
    parameters.push_back(emitter.parameter("bias", {outputs}, Initializer::zeros));
  }
  return emitter.add(convolution, {input}, result, std::move(parameters));
}

template <std::size_t axes>
std::array<int, axes> ones() {
  std::array<int, axes> all{};
  all.fill(1);
  return all;
}

template <std::size_t axes>
struct ConvolutionLayer : Layer {
  Count filters;
  std::array<int, axes> kernel = ones<axes>();
  std::array<int, axes> stride = ones<axes>();
  std::array<int, axes> dilation = ones<axes>();
  PaddingOption<axes> padding;
  int groups = 1;
  int repeats = 1;
  bool bias = true;
  std::optional<ActivationKind> activation;

  static void describe(config::Fields<ConvolutionLayer>& fields) {
    using Self = ConvolutionLayer;
    const std::string order = axes == 2 ? "height, width" : "time, height, width";
    fields.add("filters", &Self::filters, "channels of the result, or the word classes").required();
    fields.add("kernel", &Self::kernel, "extent of the kernel: " + order).range(1, kMostKernel).required();
    fields.add("stride", &Self::stride, "steps from one result to the next: " + order).range(1, kMostKernel);
    fields.add("padding", &Self::padding, kPaddingHelp);
    fields.add("dilation", &Self::dilation, "distance of the kernel's taps").range(1, kMostKernel);
    fields.add("groups", &Self::groups, "channels are convolved in so many groups").range(1, kMostChannels);
    fields
        .add("repeats", &Self::repeats,
             "so many equal parts of the channels, which divide the groups, share one kernel")
        .range(1, kMostChannels);
    fields.add("bias", &Self::bias, "adds a learned number a channel");
    fields.add("activation", &Self::activation, kActivationHelp);
  }

  // A kernel of two axes has none of time.
  static TorchForm torch_form(const Parameter& parameter, const GraphNode& node) {
    TorchForm form = usual_torch_form(parameter, node);
    if (axes == 2 && parameter.role == "kernel") form.shape.erase(form.shape.begin() + 2);
    return form;
  }

  void settle(const NetworkFacts& facts, config::Diagnostics& diagnostics) override {
    filters.settle(facts, diagnostics);
  }

  void emit(Emitter& emitter) const override {
    const int convolved = add_convolution(emitter, emitter.input(),
                                          {.filters = filters.number,
                                           .kernel = widen(kernel, 1),
                                           .stride = widen(stride, 1),
                                           .dilation = widen(dilation, 1),
                                           .groups = groups,
                                           .bias = bias,
                                           .repeats = repeats},
                                          padding);
    activate(emitter, convolved, activation);
  }
};

struct TimeProjection : Layer {
  std::int64_t filters = 0;
  bool bias = true;
  std::optional<ActivationKind> activation;

  static void describe(config::Fields<TimeProjection>& fields) {
    fields.add("filters", &TimeProjection::filters, "channels of the result; 0: as many as come in")
        .range(0, kMostChannels);
    fields.add("bias", &TimeProjection::bias, "adds a learned number a channel");
    fields.add("activation", &TimeProjection::activation, kActivationHelp);
  }

  void emit(Emitter& emitter) const override {
    const int input = emitter.input();
    const Extents& in = emitter.extents(input);
    const int projected = add_convolution(
        emitter, input,
        {.filters = filters == 0 ? in.c : filters, .kernel = {static_cast<int>(in.t), 1, 1}, .bias = bias},
        {});
    activate(emitter, projected, activation);
  }
};

}  // namespace

std::vector<LayerKind> convolution_layers() {
  return {
      layer_kind<ConvolutionLayer<2>>("conv2d", "convolution of each sample by itself",
                                      "filters: 5, kernel: [3, 2], stride: 2, padding: same"),
      layer_kind<ConvolutionLayer<3>>(
          "conv3d", "convolution in time and space",
          "filters: 6, kernel: 3, dilation: [2, 1, 1], padding: causal, groups: 3, "
          "activation: relu"),
      layer_kind<TimeProjection>("time_projection",
                                 "a learned sum over all samples and channels, the same at each place",
                                 "filters: 3"),
  };
}

}  // namespace actionflow
