#include "models/formats/onnx/writing/attention_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace actionflow::onnx {
namespace {

using Integers = std::vector<std::int64_t>;
using Map = std::array<std::int64_t, 3>;  // time, height, width

constexpr float kUnseen = -1e30F;

Map map_of(const Extents& e) { return {e.t, e.h, e.w}; }
std::int64_t positions(const Map& map) { return map[0] * map[1] * map[2]; }
Map place_of(std::int64_t position, const Map& map) {
  return {position / (map[1] * map[2]), position / map[2] % map[1], position % map[2]};
}

class AttentionWriter {
 public:
  AttentionWriter(GraphWriter& out, const GraphNode& node, const Weights& weights)
      : out_(out), node_(node), a_(std::get<Attention>(node.operation)), weights_(weights) {}

  std::string write(const AttentionInputs& inputs) {
    channels_ = inputs.of_query.c / a_.heads;
    query_ = {map_of(inputs.of_query), {}};
    key_ = {map_of(inputs.of_key), {}};
    for (Windowed* windowed : {&query_, &key_}) {
      for (std::size_t axis = 0; axis < 3; ++axis)
        windowed->window[axis] = a_.window[axis] == 0 ? windowed->map[axis] : a_.window[axis];
    }
    const std::string query = in_heads(inputs.query, query_, "query"),
                      key = in_heads(inputs.key, key_, "key"), value = in_heads(inputs.value, key_, "value");
    const float scale = a_.scale != 0 ? a_.scale : 1 / std::sqrt(static_cast<float>(channels_));
    std::string scores = add(
        "MatMul",
        {add("Mul", {query, number(scale, "scale")}, "scaled"), transposed(key, {0, 1, 2, 4, 3}, "turned")},
        "scores");
    if (a_.bias == Attention::Bias::table) scores = add("Add", {scores, table_bias()}, "biased");
    if (a_.bias == Attention::Bias::decomposed)
      scores = add("Add", {scores, decomposed_bias(query)}, "biased");
    if (shifted()) scores = add("Add", {scores, unseen()}, "masked");
    const std::string weights = add("Softmax", {scores}, "weights");
    out_.set("axis", std::int64_t{-1});
    std::string result = add("MatMul", {weights, value}, "weighed");
    if (a_.add_query) result = add("Add", {result, added_query(query)}, "with_query");
    return in_place(result);
  }

 private:
  // A map in windows of equal extents.
  struct Windowed {
    Map map{}, window{};
    std::int64_t count(std::size_t axis) const { return map[axis] / window[axis]; }
    std::int64_t windows() const { return count(0) * count(1) * count(2); }
  };

  std::string add(const std::string& op, const std::vector<std::string>& inputs, const std::string& part) {
    return out_.add(op, inputs, node_.name + "/" + part);
  }
  std::string number(float value, const std::string& part) {
    return constant(Tensor({1}, std::vector<float>{value}), {1}, part);
  }
  std::string constant(const Tensor& tensor, const Shape& shape, const std::string& part) {
    return out_.weight(node_.name + "." + part, tensor, shape);
  }
  std::string transposed(const std::string& value, const Integers& order, const std::string& part) {
    const std::string result = add("Transpose", {value}, part);
    out_.set("perm", order);
    return result;
  }
  std::string reshaped(const std::string& value, const Integers& shape, const std::string& part) {
    return add("Reshape", {value, out_.integers(shape)}, part);
  }
  bool shifted() const { return a_.shift != Axes{0, 0, 0}; }
  const Tensor& parameter(const std::string& role) const {
    for (const Parameter& one : node_.parameters)
      if (one.role == role) return weights_.tensors.at(one.name);
    throw std::logic_error("an attention without its " + role);
  }

  // Every axis' steps from `by` on, then those before.
  std::string rolled(std::string value, const Map& map, bool back, const std::string& part) {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const std::int64_t shift = a_.shift[axis], by = back ? map[axis] - shift : shift;
      if (shift == 0) continue;
      const std::string along = out_.integers({static_cast<std::int64_t>(axis) + 1});
      const std::string head =
          add("Slice", {value, out_.integers({0}), out_.integers({by}), along}, part + "_head");
      const std::string tail =
          add("Slice", {value, out_.integers({by}), out_.integers({map[axis]}), along}, part + "_tail");
      value = add("Concat", {tail, head}, part + "_rolled");
      out_.set("axis", static_cast<std::int64_t>(axis) + 1);
    }
    return value;
  }

  // N × windows × heads × positions of one × channels of a head.
  std::string in_heads(const std::string& value, const Windowed& w, const std::string& part) {
    const std::string split = reshaped(
        rolled(value, w.map, false, part),
        {0, w.count(0), w.window[0], w.count(1), w.window[1], w.count(2), w.window[2], a_.heads, channels_},
        part + "_split");
    const std::string together = transposed(split, {0, 1, 3, 5, 7, 2, 4, 6, 8}, part + "_windows");
    return reshaped(together, {0, w.windows(), a_.heads, positions(w.window), channels_}, part + "_heads");
  }

  std::string in_place(const std::string& result) {
    const Windowed& w = query_;
    const std::string heads_last = transposed(result, {0, 1, 3, 2, 4}, "heads_last");
    const std::string split = reshaped(
        heads_last,
        {0, w.count(0), w.count(1), w.count(2), w.window[0], w.window[1], w.window[2], a_.heads * channels_},
        "result_windows");
    const std::string together = transposed(split, {0, 1, 4, 2, 5, 3, 6, 7}, "result_rows");
    const std::string all =
        reshaped(together, {0, w.map[0], w.map[1], w.map[2], a_.heads * channels_}, "result");
    return rolled(all, w.map, true, "result");
  }

  std::string table_bias() {
    const Tensor& table = parameter("table");
    const std::int64_t size = positions(query_.window), heads = a_.heads;
    Tensor bias({heads, size, size});
    for (std::int64_t q = 0; q < size; ++q)
      for (std::int64_t k = 0; k < size; ++k) {
        const Map own = place_of(q, query_.window), other = place_of(k, query_.window);
        std::int64_t index = 0;
        for (std::size_t axis = 0; axis < 3; ++axis)
          index = index * (2 * a_.table[axis] - 1) + own[axis] - other[axis] + a_.table[axis] - 1;
        for (std::int64_t head = 0; head < heads; ++head)
          bias[(head * size + q) * size + k] = table[index * heads + head];
      }
    return constant(bias, {heads, size, size}, "bias");
  }

  // Who came around an end does not see who did not.
  std::string unseen() {
    const Windowed& w = query_;
    const std::int64_t size = positions(w.window), windows = w.windows();
    const Map counts{w.count(0), w.count(1), w.count(2)};
    const auto came_around = [&](std::int64_t window, std::int64_t position) {
      const Map first = place_of(window, counts), inside = place_of(position, w.window);
      int axes = 0;
      for (std::size_t axis = 0; axis < 3; ++axis) {
        const std::int64_t at = first[axis] * w.window[axis] + inside[axis] + a_.shift[axis];
        axes = 2 * axes + (at >= w.map[axis] ? 1 : 0);
      }
      return axes;
    };
    Tensor mask({windows, 1, size, size});
    for (std::int64_t i = 0; i < mask.size(); ++i) {
      const std::int64_t window = i / size / size;
      mask[i] = came_around(window, i / size % size) == came_around(window, i % size) ? 0 : kUnseen;
    }
    return constant(mask, {windows, 1, size, size}, "unseen");
  }

  // The vectors of an axis by query and key: Q × K × channels.
  std::string vectors(std::size_t axis, const std::string& role) {
    const Tensor& all = parameter(role);
    const std::int64_t q_count = a_.query_map[axis], k_count = a_.key_map[axis];
    const std::int64_t to_key = std::max<std::int64_t>(k_count / q_count, 1),
                       to_query = std::max<std::int64_t>(q_count / k_count, 1);
    Tensor chosen({q_count, k_count, channels_});
    for (std::int64_t i = 0; i < chosen.size(); ++i) {
      const std::int64_t q = i / channels_ / k_count, k = i / channels_ % k_count;
      const std::int64_t row = q * to_key - (k - (k_count - 1)) * to_query;
      chosen[i] = all[row * channels_ + i % channels_];
    }
    return constant(chosen, chosen.shape(), role);
  }

  // q·(Rt + Rh + Rw), with zeros for the class token in front.
  std::string decomposed_bias(const std::string& query) {
    const Map q{a_.query_map[0], a_.query_map[1], a_.query_map[2]},
        k{a_.key_map[0], a_.key_map[1], a_.key_map[2]};
    std::string rows = query;
    if (a_.class_token)
      rows = add("Slice", {query, out_.integers({1}), out_.integers({positions(q) + 1}), out_.integers({3})},
                 "query_map");
    rows = reshaped(rows, {0, a_.heads, q[0], q[1], q[2], channels_}, "query_axes");
    static constexpr const char* kEquations[] = {"bythwc,tkc->bythwk", "bythwc,hkc->bythwk",
                                                 "bythwc,wkc->bythwk"};
    static constexpr const char* kRoles[] = {"time", "height", "width"};
    std::string sum;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const std::string role = kRoles[axis];
      std::string one = add("Einsum", {rows, vectors(axis, role)}, role + "_products");
      out_.set("equation", std::string(kEquations[axis]));
      Integers shape{0, a_.heads, q[0], q[1], q[2], 1, 1, 1};
      shape[5 + axis] = k[axis];
      one = reshaped(one, shape, role + "_bias");
      sum = sum.empty() ? one : add("Add", {sum, one}, role + "_sum");
    }
    sum = reshaped(sum, {0, 1, a_.heads, positions(q), positions(k)}, "bias");
    if (!a_.class_token) return sum;
    return add("Pad", {sum, out_.integers({0, 0, 0, 1, 1, 0, 0, 0, 0, 0})}, "bias_and_token");
  }

  std::string added_query(const std::string& query) {
    if (!a_.class_token) return query;
    const std::int64_t size = positions(query_.window);
    Tensor all({size, 1});
    std::fill_n(all.data() + 1, size - 1, 1.0F);
    return add("Mul", {query, constant(all, {size, 1}, "all_but_token")}, "added_query");
  }

  GraphWriter& out_;
  const GraphNode& node_;
  const Attention& a_;
  const Weights& weights_;
  std::int64_t channels_ = 1;
  Windowed query_, key_;
};

}  // namespace

std::string write_attention(GraphWriter& out, const GraphNode& node, const AttentionInputs& inputs,
                            const Weights& weights) {
  return AttentionWriter(out, node, weights).write(inputs);
}

}  // namespace actionflow::onnx
