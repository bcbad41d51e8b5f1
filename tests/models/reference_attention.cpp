#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "tests/models/reference_value.h"

namespace actionflow::testing::plain {
namespace {

// One head of one clip.
class AttentionHead {
 public:
  AttentionHead(const Attention& attention, const Node& node, Index batch, Index head)
      : a_(attention), node_(node), batch_(batch), head_(head) {}

  void run(Value& out) const {
    const Index positions = out.extents.positions(), keys = value(1).extents.positions();
    for (Index i = 0; i < positions; ++i) {
      std::vector<double> weights;
      for (Index j = 0; j < keys; ++j) weights.push_back(meet(i, j) ? score(i, j) : -HUGE_VAL);
      const double peak = *std::max_element(weights.begin(), weights.end());
      double sum = 0;
      for (double& weight : weights) sum += weight = std::exp(weight - peak);
      for (Index c = 0; c < channels(); ++c) {
        double result = a_.add_query && !(a_.class_token && i == 0) ? at(0, i, c) : 0;
        for (Index j = 0; j < keys; ++j) result += weights[static_cast<std::size_t>(j)] / sum * at(2, j, c);
        const Axes p = place_of(i, axes(out.extents));
        out(batch_, head_ * channels() + c, p[0], p[1], p[2]) = static_cast<float>(result);
      }
    }
  }

 private:
  static Axes axes(const Extents& e) {
    return {static_cast<int>(e.t), static_cast<int>(e.h), static_cast<int>(e.w)};
  }
  static Axes place_of(Index i, const Axes& e) {
    return {static_cast<int>(i / (Index{1} * e[1] * e[2])), static_cast<int>(i / e[2] % e[1]),
            static_cast<int>(i % e[2])};
  }
  const Value& value(std::size_t input) const { return node_.inputs[node_.inputs.size() == 1 ? 0 : input]; }
  Index channels() const { return node_.description.extents.c / a_.heads; }
  double at(std::size_t input, Index position, Index c) const {
    const Value& from = value(input);
    const Index part = node_.inputs.size() == 1 ? static_cast<Index>(input) * node_.description.extents.c : 0;
    const Axes p = place_of(position, axes(from.extents));
    return from(batch_, part + head_ * channels() + c, p[0], p[1], p[2]);
  }

  // Where a position stands once windows are shifted to the beginning.
  Axes rolled(Index position) const {
    const Axes e = axes(value(0).extents);
    Axes p = place_of(position, e);
    for (std::size_t i = 0; i < 3; ++i) p[i] = (p[i] - a_.shift[i] + e[i]) % e[i];
    return p;
  }

  bool meet(Index i, Index j) const {
    if (a_.window == Axes{0, 0, 0}) return true;
    const Axes e = axes(value(0).extents), p = rolled(i), q = rolled(j);
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const int window = a_.window[axis] == 0 ? e[axis] : a_.window[axis];
      const bool p_around = p[axis] + a_.shift[axis] >= e[axis],
                 q_around = q[axis] + a_.shift[axis] >= e[axis];
      if (p[axis] / window != q[axis] / window || p_around != q_around) return false;
    }
    return true;
  }

  double score(Index i, Index j) const {
    double product = 0;
    for (Index c = 0; c < channels(); ++c) product += at(0, i, c) * at(1, j, c);
    const double scale = a_.scale != 0 ? double{a_.scale} : 1 / std::sqrt(static_cast<double>(channels()));
    if (a_.bias == Attention::Bias::table) return product * scale + table_bias(i, j);
    if (a_.bias == Attention::Bias::decomposed) return product * scale + decomposed_bias(i, j);
    return product * scale;
  }

  double table_bias(Index i, Index j) const {
    const Axes p = rolled(i), q = rolled(j);
    Index row = 0;
    for (std::size_t axis = 0; axis < 3; ++axis)
      row = row * (2 * a_.table[axis] - 1) + p[axis] - q[axis] + a_.table[axis] - 1;
    return node_.parameter("table")[row * a_.heads + head_];
  }

  double decomposed_bias(Index i, Index j) const {
    const Index tokens = a_.class_token ? 1 : 0;
    if (i < tokens || j < tokens) return 0;
    const Axes p = place_of(i - tokens, a_.query_map), q = place_of(j - tokens, a_.key_map);
    const std::array<const char*, 3> roles{"time", "height", "width"};
    double sum = 0;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const double queries = a_.query_map[axis], keys = a_.key_map[axis];
      const auto row = static_cast<Index>(p[axis] * std::max(keys / queries, 1.0) -
                                          (q[axis] - (keys - 1)) * std::max(queries / keys, 1.0));
      for (Index c = 0; c < channels(); ++c)
        sum += at(0, i, c) * node_.parameter(roles[axis])[row * channels() + c];
    }
    return sum;
  }

  const Attention& a_;
  const Node& node_;
  Index batch_, head_;
};

}  // namespace

Value run(const Attention& attention, const Node& node) {
  Value out = node.result();
  for (Index b = 0; b < out.n; ++b)
    for (Index head = 0; head < attention.heads; ++head) AttentionHead(attention, node, b, head).run(out);
  return out;
}

}  // namespace actionflow::testing::plain
