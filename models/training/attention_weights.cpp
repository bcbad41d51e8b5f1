#include "models/training/attention_weights.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "models/kernels/attention/features.h"
#include "models/kernels/attention/windows.h"
#include "models/kernels/layout.h"
#include "models/kernels/parallel.h"

namespace actionflow {
namespace {

Extents extents_of(const Tensor& value) { return {value.dim(1), value.dim(2), value.dim(3), value.dim(4)}; }

// Positions × channels.
std::vector<float> by_position(const Tensor& value) {
  const Extents e = extents_of(value);
  std::vector<float> rows(static_cast<std::size_t>(e.size()));
  for (std::int64_t c = 0; c < e.c; ++c)
    for (std::int64_t p = 0; p < e.positions(); ++p)
      rows[static_cast<std::size_t>(p * e.c + c)] = value[c * e.positions() + p];
  return rows;
}

std::vector<float> parameter(const GraphNode& node, const Weights& weights, const std::string& role) {
  for (const Parameter& one : node.parameters)
    if (one.role == role) {
      const auto values = weights.tensors.at(one.name).values();
      return {values.begin(), values.end()};
    }
  return {};
}

class Heads {
 public:
  Heads(const GraphNode& node, const Weights& weights, const Tensor& query, const Tensor& key)
      : operation_(std::get<Attention>(node.operation)),
        width_(query.dim(1)),
        channels_(width_ / operation_.heads),
        positions_(extents_of(key).positions()),
        scale_(kernels::score_scale(operation_, channels_)),
        windows_(operation_, extents_of(query), extents_of(key)),
        features_(operation_, channels_,
                  {parameter(node, weights, "time"), parameter(node, weights, "height"),
                   parameter(node, weights, "width")}),
        table_(parameter(node, weights, "table")),
        queries_(by_position(query)),
        keys_(by_position(key)) {}

  PositionShares behind(const PositionShares& result) const {
    // One part a head, so that their sum does not depend on the threads.
    std::vector<PositionShares> parts(static_cast<std::size_t>(operation_.heads),
                                      PositionShares(static_cast<std::size_t>(positions_)));
    kernels::parallel_for(operation_.heads, kernels::kWorthThreads, [&](std::int64_t head) {
      add(head, result, parts[static_cast<std::size_t>(head)]);
    });
    PositionShares sum(static_cast<std::size_t>(positions_));
    for (const PositionShares& part : parts)
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += part[i] / static_cast<double>(operation_.heads);
    return sum;
  }

 private:
  void add(std::int64_t head, const PositionShares& result, PositionShares& to) const {
    std::vector<double> weights(static_cast<std::size_t>(windows_.keys()));
    for (std::size_t pattern = 0; pattern < windows_.patterns(); ++pattern)
      for (const std::int64_t window : windows_.windows_of(pattern))
        for (std::int64_t i = 0; i < windows_.queries(); ++i) {
          const double share = result[static_cast<std::size_t>(windows_.query_row(window, i))];
          if (share == 0) continue;
          weigh(head, pattern, window, i, weights);
          for (std::int64_t j = 0; j < windows_.keys(); ++j)
            to[static_cast<std::size_t>(windows_.key_row(window, j))] +=
                share * weights[static_cast<std::size_t>(j)];
        }
  }

  // The softmax of one query's scores.
  void weigh(std::int64_t head, std::size_t pattern, std::int64_t window, std::int64_t i,
             std::vector<double>& weights) const {
    const float* const query = row(queries_, windows_.query_row(window, i), head);
    std::vector<float> features(static_cast<std::size_t>(kernels::padded_channels(features_.count())));
    if (features_.count() > 0)
      features_.of_queries(query, width_, windows_.query_row(window, i), 1, features.data(), 0);
    double peak = -INFINITY, sum = 0;
    for (std::int64_t j = 0; j < windows_.keys(); ++j) {
      double& weight = weights[static_cast<std::size_t>(j)];
      weight = -INFINITY;
      if (!windows_.sees(pattern, i, j)) continue;
      const float* const key = row(keys_, windows_.key_row(window, j), head);
      weight = 0;
      for (std::int64_t c = 0; c < channels_; ++c) weight += double{query[c]} * key[c];
      weight = weight * scale_ + bias(head, i, j, features);
      peak = std::max(peak, weight);
    }
    for (double& weight : weights) sum += weight = std::exp(weight - peak);
    for (double& weight : weights) weight /= sum;
  }

  double bias(std::int64_t head, std::int64_t i, std::int64_t j, const std::vector<float>& features) const {
    if (operation_.bias == Attention::Bias::table)
      return table_[static_cast<std::size_t>(windows_.table_row(i, j) * operation_.heads + head)];
    std::array<std::int64_t, 3> ones{};
    if (features_.count() == 0 || !features_.of_key(j, ones)) return 0;
    double sum = 0;
    for (const std::int64_t one : ones) sum += features[static_cast<std::size_t>(one)];
    return sum;
  }

  const float* row(const std::vector<float>& rows, std::int64_t position, std::int64_t head) const {
    return rows.data() + position * width_ + head * channels_;
  }

  const Attention& operation_;
  std::int64_t width_, channels_, positions_;
  double scale_;
  kernels::AttentionWindows windows_;
  kernels::BiasFeatures features_;
  std::vector<float> table_, queries_, keys_;
};

}  // namespace

PositionShares shares_behind_attention(const GraphNode& node, const Weights& weights, const Tensor& query,
                                       const Tensor& key, const PositionShares& result) {
  return Heads(node, weights, query, key).behind(result);
}

}  // namespace actionflow
