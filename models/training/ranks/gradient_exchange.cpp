#include "models/training/ranks/gradient_exchange.h"

#include <algorithm>

namespace actionflow::training {

namespace {

// Of which a stretch is sent at a time: long enough for the wire, short enough that there are several.
constexpr std::int64_t kStretchFloats = std::int64_t{1} << 20;

int bytes(std::int64_t floats) { return static_cast<int>(floats * std::int64_t{sizeof(float)}); }

}  // namespace

GradientExchange::GradientExchange(Ranks& ranks, SumOrder order, std::int64_t floats)
    : ranks_(ranks), order_(order), sums_(static_cast<std::size_t>(floats)) {}

void GradientExchange::begin(const BatchParts& parts, std::vector<const float*> own) {
  parts_ = parts;
  own_ = std::move(own);
  complete_ = 0;
  stretches_.clear();
  // Stretches hold what is sent, and may not move.
  stretches_.reserve(sums_.size() / static_cast<std::size_t>(kStretchFloats) + 1);
  unshared_ = unended_ = 0;
}

void GradientExchange::complete(std::int64_t floats) {
  const auto all = static_cast<std::int64_t>(sums_.size());
  while (floats - complete_ >= kStretchFloats || (floats == all && complete_ < all))
    start(complete_, std::min(complete_ + kStretchFloats, floats));
  if (!ranks_.alone()) advance(false);
}

std::span<const float> GradientExchange::finish() {
  complete(static_cast<std::int64_t>(sums_.size()));
  while (!ranks_.alone() && advance(true)) {
  }
  return sums_;
}

std::int64_t GradientExchange::slice(const Stretch& stretch, int rank) const {
  return stretch.size * rank / ranks_.count();
}

std::vector<int> GradientExchange::slice_bytes(const Stretch& stretch) const {
  std::vector<int> counts;
  for (int rank = 0; rank < ranks_.count(); ++rank)
    counts.push_back(bytes(slice(stretch, rank + 1) - slice(stretch, rank)));
  return counts;
}

void GradientExchange::start(std::int64_t begin, std::int64_t end) {
  complete_ = end;
  Stretch& stretch = stretches_.emplace_back(Stretch{begin, end - begin, false, 0, {}, {}});
  if (!ranks_.alone() && order_ == SumOrder::fixed) {
    start_fixed(stretch);
    return;
  }
  float* to = sums_.data() + begin;
  const int first = parts_.begin(ranks_.rank());
  const std::vector<SumNode> nodes = parts_.nodes_of(ranks_.rank());
  if (nodes.empty()) std::fill_n(to, stretch.size, 0.0F);
  std::vector<float> more(nodes.size() > 1 ? static_cast<std::size_t>(stretch.size) : 0);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const SumLeaf leaf = [&](const SumNode& node) {
      return node.size == 1 ? own_[static_cast<std::size_t>(node.first - first)] + begin : nullptr;
    };
    add_up(parts_, nodes[i], leaf, stretch.size, i == 0 ? to : more.data());
    if (i > 0) std::transform(more.begin(), more.end(), to, to, std::plus<>());
  }
  if (ranks_.alone()) return;
  stretch.summed = true;
  stretch.ticket = ranks_.transport()->add_up(Channel::results, {to, static_cast<std::size_t>(stretch.size)});
  unshared_ = stretches_.size();
}

void GradientExchange::start_fixed(Stretch& stretch) {
  const int own = ranks_.rank(), first = parts_.begin(own);
  const std::vector<SumNode> nodes = parts_.nodes_of(own);
  stretch.sent.resize(nodes.size() * static_cast<std::size_t>(stretch.size));
  std::vector<int> to_send, to_receive;
  float* to = stretch.sent.data();
  for (int rank = 0; rank < ranks_.count(); ++rank) {
    const std::int64_t begin = slice(stretch, rank), size = slice(stretch, rank + 1) - begin;
    const SumLeaf leaf = [&](const SumNode& node) {
      return node.size == 1 ? own_[static_cast<std::size_t>(node.first - first)] + stretch.begin + begin
                            : nullptr;
    };
    for (const SumNode& node : nodes) {
      add_up(parts_, node, leaf, size, to);
      to += size;
    }
    to_send.push_back(bytes(size * static_cast<std::int64_t>(nodes.size())));
  }
  const std::int64_t own_size = slice(stretch, own + 1) - slice(stretch, own);
  std::int64_t received = 0;
  for (int rank = 0; rank < ranks_.count(); ++rank) {
    const std::int64_t floats = own_size * static_cast<std::int64_t>(parts_.nodes_of(rank).size());
    to_receive.push_back(bytes(floats));
    received += floats;
  }
  stretch.received.resize(static_cast<std::size_t>(received));
  stretch.ticket = ranks_.transport()->exchange(Channel::slices, stretch.sent.data(), to_send,
                                                stretch.received.data(), to_receive);
}

// Its slices have come: added up, and on to all.
void GradientExchange::share(Stretch& stretch) {
  const std::int64_t begin = slice(stretch, ranks_.rank()), size = slice(stretch, ranks_.rank() + 1) - begin;
  std::vector<SumNode> nodes;
  for (int rank = 0; rank < ranks_.count(); ++rank)
    for (const SumNode& node : parts_.nodes_of(rank)) nodes.push_back(node);
  const SumLeaf leaf = [&](const SumNode& node) -> const float* {
    const auto found = std::find(nodes.begin(), nodes.end(), node);
    return found == nodes.end() ? nullptr : stretch.received.data() + (found - nodes.begin()) * size;
  };
  float* to = sums_.data() + stretch.begin;
  add_up(parts_, parts_.root(), leaf, size, to + begin);
  stretch.summed = true;
  stretch.ticket = ranks_.transport()->share(Channel::results, to, slice_bytes(stretch));
}

// Each channel's operations in the order of stretches, as every rank begins them. False once all is done.
bool GradientExchange::advance(bool wait) {
  const auto over = [&](const Stretch& stretch) {
    if (!wait) return ranks_.transport()->done(stretch.ticket);
    ranks_.wait(stretch.ticket);
    return true;
  };
  while (unshared_ < stretches_.size() && over(stretches_[unshared_])) share(stretches_[unshared_++]);
  while (unended_ < unshared_ && over(stretches_[unended_])) ++unended_;
  return unended_ < stretches_.size();
}

}  // namespace actionflow::training
