// Windows that slide: Conv, MaxPool, AveragePool, and the Pad before them.
#include <fmt/format.h>

#include <algorithm>

#include "models/formats/onnx/operators/operators.h"

namespace actionflow::onnx {
namespace {

using Integers = std::vector<std::int64_t>;

constexpr std::int64_t kMostStep = 4096;  // of kernels, strides and padding in a model file

// Of the axes behind batch and channels.
struct SlidingWindow {
  Integers kernel, stride, dilation, begin, end;
};

// Where batch, channels and the further axes lie: two of those are height and width, one is time. Beside
// three, a batch has its place before the channels, each of its parts sliding by itself.
Placement sliding_placement(const Use& use, std::size_t rank) {
  switch (rank) {
    case 3:
      return {{{2}, {0}, {}, {1}}};
    case 4:
      return {{{0}, {2}, {3}, {1}}};
    case 5:
      return {{{2}, {3}, {4}, {0, 1}}};
    default:
      use.node.fail(fmt::format("its input has {} axes, expected 3 to 5", rank));
  }
}

// Parts along the channels.
std::int64_t parts_of(const Shape& shape) { return shape.size() == 5 ? shape[0] : 1; }

Integers checked(const Use& use, Integers values, std::size_t count, std::int64_t least, const char* what) {
  const bool fits = values.size() == count && std::all_of(values.begin(), values.end(), [&](std::int64_t v) {
                      return v >= least && v <= kMostStep;
                    });
  if (!fits)
    use.node.fail(fmt::format("its {} are [{}], expected {} numbers of {} to {}", what,
                              fmt::join(values, ", "), count, least, kMostStep));
  return values;
}

void pad_as_same(SlidingWindow& window, const Shape& shape, bool upper) {
  for (std::size_t i = 0; i < window.kernel.size(); ++i) {
    const std::int64_t in = shape[i + 2], stride = window.stride[i];
    const std::int64_t reach = window.dilation[i] * (window.kernel[i] - 1) + 1;
    const std::int64_t total =
        std::max<std::int64_t>(((in + stride - 1) / stride - 1) * stride + reach - in, 0);
    window.begin[i] = upper ? total / 2 : total - total / 2;
    window.end[i] = total - window.begin[i];
  }
}

SlidingWindow read_window(const Use& use, const Integers& kernel, const Shape& shape) {
  const std::size_t axes = kernel.size();
  SlidingWindow window;
  window.kernel = checked(use, kernel, axes, 1, "kernel's extents");
  window.stride = checked(use, use.node.integers("strides", Integers(axes, 1)), axes, 1, "strides");
  window.dilation = checked(use, use.node.integers("dilations", Integers(axes, 1)), axes, 1, "dilations");
  window.begin = window.end = Integers(axes, 0);
  const std::string automatic = use.node.text("auto_pad", "NOTSET");
  if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
    pad_as_same(window, shape, automatic == "SAME_UPPER");
  } else if (automatic == "NOTSET") {
    const Integers pads = checked(use, use.node.integers("pads", Integers(2 * axes, 0)), 2 * axes, 0, "pads");
    std::copy_n(pads.begin(), axes, window.begin.begin());
    std::copy_n(pads.begin() + static_cast<std::ptrdiff_t>(axes), axes, window.end.begin());
  } else if (automatic != "VALID") {
    use.node.fail(fmt::format("its auto_pad '{}' is not known here", shown(automatic)));
  }
  return window;
}

// Zeros that a Pad before has put around the value, in reach of the window.
void take_padding(const Use& use, Value& value, SlidingWindow& window) {
  for (std::size_t i = 0; i < value.padding.size(); ++i) {
    const auto& [before, after] = value.padding[i];
    if (before == 0 && after == 0) continue;
    if (i < 2) use.node.fail("its input's batch or channels are padded, which is not known here");
    window.begin[i - 2] += before;
    window.end[i - 2] += after;
    if (window.begin[i - 2] > kMostStep || window.end[i - 2] > kMostStep)
      use.node.fail(fmt::format("is padded by more than {}", kMostStep));
  }
  value.padding.clear();
}

Integers slid(const Use& use, const SlidingWindow& window, const Shape& shape) {
  Integers out;
  for (std::size_t i = 0; i < window.kernel.size(); ++i) {
    const std::int64_t room =
        shape[i + 2] + window.begin[i] + window.end[i] - window.dilation[i] * (window.kernel[i] - 1) - 1;
    if (room < 0)
      use.node.fail(fmt::format("its kernel [{}] is larger than its input {}", fmt::join(window.kernel, ", "),
                                to_string(shape)));
    out.push_back(room / window.stride[i] + 1);
  }
  return out;
}

// Where ceil_mode has a last window that begins inside, it reaches further behind the end.
bool extend_to_ceiling(SlidingWindow& window, const Shape& shape) {
  bool extended = false;
  for (std::size_t i = 0; i < window.kernel.size(); ++i) {
    const std::int64_t room = shape[i + 2] + window.begin[i] + window.end[i] - window.kernel[i];
    const std::int64_t left = room < 0 ? 0 : room % window.stride[i];
    if (left == 0) continue;
    const std::int64_t last_begin = room - left + window.stride[i];
    if (last_begin >= shape[i + 2] + window.begin[i]) continue;
    window.end[i] += window.stride[i] - left;
    extended = true;
  }
  return extended;
}

// One axis is time in a layer of three.
Integers widened(Integers axes, std::int64_t otherwise) {
  if (axes.size() == 1) axes.insert(axes.end(), {otherwise, otherwise});
  return axes;
}

void add_stride_and_padding(ModelLine& line, const SlidingWindow& window, const Integers& usual_stride) {
  if (window.stride != usual_stride) line.options.emplace_back("stride", yaml(widened(window.stride, 1)));
  const Integers begin = widened(window.begin, 0), end = widened(window.end, 0);
  if (begin != end) {
    std::vector<std::string> pairs;
    for (std::size_t i = 0; i < begin.size(); ++i) pairs.push_back(fmt::format("[{}, {}]", begin[i], end[i]));
    line.options.emplace_back("padding", fmt::format("[{}]", fmt::join(pairs, ", ")));
  } else if (std::any_of(begin.begin(), begin.end(), [](std::int64_t pad) { return pad != 0; })) {
    line.options.emplace_back("padding", yaml(begin));
  }
}

// Extents and view behind the window, each further axis of ONNX lying along one of ours; `channels` of a
// part.
Value add_sliding(const Use& use, ModelLine line, const Value& input, const Integers& out,
                  std::int64_t channels) {
  const std::size_t rank = input.view.dims.size();
  const Placement placement = sliding_placement(use, rank);
  AxisExtents extents = input.extents;
  AxisView view = input.view;
  const std::int64_t parts = parts_of(input.view.shape());
  extents[kChannels] = parts * channels;
  if (parts > 1) view.dims[0] = {{kChannels, parts, channels}};
  view.dims[1] = whole_axis(kChannels, channels);
  for (std::size_t axis = 0; axis < kChannels; ++axis) {
    for (const std::size_t dim : placement[axis]) {
      if (dim < 2) continue;
      extents[axis] = out[dim - 2];
      view.dims[dim] = whole_axis(static_cast<int>(axis), out[dim - 2]);
    }
  }
  return use.network.add(std::move(line), {&input}, extents, std::move(view));
}

std::vector<Value> convolution(const Use& use) {
  Value input = use.padded_value(0);
  const Array& kernel = use.required_constant(1);
  const Shape shape = input.view.shape();
  const std::int64_t groups = use.node.integer("group", 1);
  const Placement placement = sliding_placement(use, shape.size());
  if (kernel.shape.size() != shape.size() || kernel.size() == 0 || groups < 1 || groups > shape[1] ||
      kernel.shape[0] % groups != 0 || kernel.shape[1] * groups != shape[1])
    use.node.fail(fmt::format("its kernel {} with {} groups does not fit its input {}",
                              to_string(kernel.shape), groups, to_string(shape)));
  const Integers extents(kernel.shape.begin() + 2, kernel.shape.end());
  if (use.node.integers("kernel_shape", extents) != extents)
    use.node.fail("its kernel_shape is not its kernel's");
  SlidingWindow window = read_window(use, extents, shape);
  take_padding(use, input, window);
  input = use.network.arranged(input, placement, use.node);

  const std::int64_t filters = kernel.shape[0], parts = parts_of(shape);
  ModelLine line = use.line(shape.size() == 4 ? "conv2d" : "conv3d", use.node.inputs[1]);
  line.options.emplace_back("filters", std::to_string(parts * filters));
  line.options.emplace_back("kernel", yaml(widened(extents, 1)));
  add_stride_and_padding(line, window, Integers(extents.size(), 1));
  if (window.dilation != Integers(extents.size(), 1))
    line.options.emplace_back("dilation", yaml(widened(window.dilation, 1)));
  if (parts * groups != 1) line.options.emplace_back("groups", std::to_string(parts * groups));
  if (parts != 1) line.options.emplace_back("repeats", std::to_string(parts));
  const Array* bias = use.constant(2);
  if (bias == nullptr) line.options.emplace_back("bias", "false");
  if (bias != nullptr && bias->size() != filters)
    use.node.fail(fmt::format("its bias {} does not fit {} filters", to_string(bias->shape), filters));
  Value result = add_sliding(use, std::move(line), input, slid(use, window, shape), filters);
  const Integers axes = extents.size() == 2 ? Integers{1, extents[0], extents[1]} : widened(extents, 1);
  use.network.set_weight(result.layer, "kernel",
                         to_tensor(kernel, {filters, kernel.shape[1], axes[0], axes[1], axes[2]}));
  if (bias != nullptr) use.network.set_weight(result.layer, "bias", to_tensor(*bias, {filters}));
  return {result};
}

bool covers_all(const SlidingWindow& window, const Shape& shape) {
  const Integers none(window.kernel.size(), 0);
  return Integers(shape.begin() + 2, shape.end()) == window.kernel && window.begin == none &&
         window.end == none;
}

template <bool max>
std::vector<Value> pooling(const Use& use) {
  Value input = max ? use.value(0) : use.padded_value(0);
  if (use.read.size() > 1 && use.read[1]) use.node.fail("its indices are read, which are not known here");
  const Shape shape = input.view.shape();
  const Placement placement = sliding_placement(use, shape.size());
  const std::size_t axes = shape.size() - 2;
  SlidingWindow window = read_window(
      use, checked(use, use.node.integers("kernel_shape", {}), axes, 1, "kernel's extents"), shape);
  if (window.dilation != Integers(axes, 1)) use.node.fail("pools with dilation, which is not known here");
  const Integers none(axes, 0);
  const bool padded_before = !input.padding.empty();
  bool count_padding = use.node.integer("count_include_pad", 0) != 0;
  if (padded_before && !count_padding && (window.begin != none || window.end != none))
    use.node.fail("leaves its own padding out of the mean but not that of the Pad before it");
  take_padding(use, input, window);
  count_padding = (count_padding || padded_before) && (window.begin != none || window.end != none);
  if (use.node.integer("ceil_mode", 0) != 0 && extend_to_ceiling(window, shape) && count_padding)
    use.node.fail("counts padding in a mean with ceil_mode, which is not known here");
  if (covers_all(window, shape)) {
    std::vector<std::size_t> all;
    for (std::size_t i = 2; i < shape.size(); ++i) all.push_back(i);
    return {reduced(use, input, all, max)};
  }
  input = use.network.arranged(input, placement, use.node);
  ModelLine line = use.line(fmt::format("{}_pool{}d", max ? "max" : "average", axes == 2 ? 2 : 3));
  line.options.emplace_back("size", yaml(widened(window.kernel, 1)));
  add_stride_and_padding(line, window, window.kernel);
  if (count_padding) line.options.emplace_back("count_padding", "true");
  return {add_sliding(use, std::move(line), input, slid(use, window, shape), shape[1])};
}

// Kept with the value for the convolution that reads it.
std::vector<Value> pad(const Use& use) {
  Value value = use.value(0);
  if (use.node.text("mode", "constant") != "constant") use.node.fail("only padding with zeros is known here");
  const Array* with = use.constant(2);
  if (with != nullptr && with->size() > 0 && with->real(0) != 0)
    use.node.fail(fmt::format("pads with {}; only zeros are known here", with->real(0)));
  const std::size_t rank = value.view.dims.size();
  const Integers& pads = use.required_constant(1).integers;
  const std::vector<std::size_t> axes = use.axes(3, rank);
  if (pads.size() != 2 * axes.size())
    use.node.fail(fmt::format("has {} pads for {} axes", pads.size(), axes.size()));
  value.padding.assign(rank, {0, 0});
  bool any = false;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::int64_t before = pads[i], after = pads[i + axes.size()];
    if (before < 0 || after < 0 || before > kMostStep || after > kMostStep)
      use.node.fail(fmt::format("pads by {} and {}, expected 0 to {}", before, after, kMostStep));
    value.padding[axes[i]] = {before, after};
    any = any || before + after > 0;
  }
  if (!any) value.padding.clear();
  return {value};
}

}  // namespace

Operators sliding_operators() {
  return {{"Conv", convolution}, {"MaxPool", pooling<true>}, {"AveragePool", pooling<false>}, {"Pad", pad}};
}

}  // namespace actionflow::onnx
