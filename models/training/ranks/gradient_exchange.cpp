#include "models/training/ranks/gradient_exchange.h"

#include <algorithm>
#include <functional>

#include "models/kernels/number_conversion.h"

namespace actionflow::training {

namespace {

// Of which a stretch is sent at a time: long enough for the wire, short enough that there are several.
constexpr std::int64_t kStretchFloats = std::int64_t{1} << 20;

using kernels::ElementType;

void narrow(const float* from, std::int64_t count, std::vector<std::uint16_t>& to) {
  to.resize(static_cast<std::size_t>(count));
  kernels::convert_numbers({ElementType::f32}, from, {ElementType::bf16}, to.data(), 0, count);
}

void widen(const std::vector<std::uint16_t>& from, float* to) {
  kernels::convert_numbers({ElementType::bf16}, from.data(), {ElementType::f32}, to, 0,
                           static_cast<std::int64_t>(from.size()));
}

}  // namespace

GradientExchange::GradientExchange(Ranks& ranks, const GradientExchangeOptions& options, std::int64_t floats)
    : ranks_(ranks), options_(options), sums_(static_cast<std::size_t>(floats)) {
  for (std::int64_t begin = 0; begin < floats; begin += kStretchFloats) {
    Stretch& stretch = stretches_.emplace_back();
    stretch.begin = begin;
    stretch.size = std::min(kStretchFloats, floats - begin);
  }
}

int GradientExchange::bytes(std::int64_t numbers) const {
  return static_cast<int>(numbers) * static_cast<int>(is_narrow() ? sizeof(std::uint16_t) : sizeof(float));
}

void GradientExchange::begin(const BatchParts& parts, std::vector<const float*> own) {
  parts_ = parts;
  own_ = std::move(own);
  unstarted_ = unshared_ = unended_ = 0;
}

void GradientExchange::complete(std::int64_t floats) {
  while (unstarted_ < stretches_.size() &&
         stretches_[unstarted_].begin + stretches_[unstarted_].size <= floats)
    start(stretches_[unstarted_++]);
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

void GradientExchange::start(Stretch& stretch) {
  if (!ranks_.alone() && options_.sum == SumOrder::fixed) {
    start_fixed(stretch);
    return;
  }
  float* to = sums_.data() + stretch.begin;
  const int first = parts_.begin(ranks_.rank());
  const std::vector<SumNode> nodes = parts_.nodes_of(ranks_.rank());
  if (nodes.empty()) std::fill_n(to, stretch.size, 0.0F);
  std::vector<float> more(nodes.size() > 1 ? static_cast<std::size_t>(stretch.size) : 0);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const SumLeaf leaf = [&](const SumNode& node) {
      return node.size == 1 ? own_[static_cast<std::size_t>(node.first - first)] + stretch.begin : nullptr;
    };
    add_up(parts_, nodes[i], leaf, stretch.size, i == 0 ? to : more.data());
    if (i > 0) std::transform(more.begin(), more.end(), to, to, std::plus<>());
  }
  if (ranks_.alone()) return;
  stretch.ticket = ranks_.transport()->add_up(Channel::results, {to, static_cast<std::size_t>(stretch.size)});
  unshared_ = unstarted_;
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
  const void* from = stretch.sent.data();
  void* into = stretch.received.data();
  if (is_narrow()) {
    narrow(stretch.sent.data(), static_cast<std::int64_t>(stretch.sent.size()), stretch.narrow_sent);
    stretch.narrow_received.resize(stretch.received.size());
    from = stretch.narrow_sent.data();
    into = stretch.narrow_received.data();
  }
  stretch.ticket = ranks_.transport()->exchange(Channel::slices, from, to_send, into, to_receive);
}

// Its slices have come: added up, and on to all.
void GradientExchange::share(Stretch& stretch) {
  if (is_narrow()) widen(stretch.narrow_received, stretch.received.data());
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
  void* result = to;
  if (is_narrow()) {
    narrow(to, stretch.size, stretch.narrow_result);
    result = stretch.narrow_result.data();
  }
  stretch.ticket = ranks_.transport()->share(Channel::results, result, slice_bytes(stretch));
}

// What has come stands where it belongs; the own slice as the others have it.
void GradientExchange::end(Stretch& stretch) {
  if (is_narrow()) widen(stretch.narrow_result, sums_.data() + stretch.begin);
}

// Each channel's operations in the order of stretches, as every rank begins them. False once all is done.
bool GradientExchange::advance(bool wait) {
  const auto over = [&](const Stretch& stretch) {
    if (!wait) return ranks_.transport()->done(stretch.ticket);
    ranks_.wait(stretch.ticket);
    return true;
  };
  while (unshared_ < unstarted_ && over(stretches_[unshared_])) share(stretches_[unshared_++]);
  while (unended_ < unshared_ && over(stretches_[unended_])) end(stretches_[unended_++]);
  return unended_ < stretches_.size();
}

}  // namespace actionflow::training
