#include <algorithm>
#include <functional>
#include <stdexcept>

#include "base/error.h"
#include "models/kernels/openmp_threads.h"
#include "models/training/loss/stream_loss.h"
#include "models/training/training_state.h"

namespace actionflow {

using training::BatchParts;
using training::PartRun;
using training::PartRuns;
using training::TrainPlan;
using training::TrainRun;

// Of the first own part.
TrainRun TrainingNetwork::State::run() {
  TrainRun run;
  run.arena = arenas.front().get();
  run.key = last_key;
  for (const training::ParameterUse& use : parameters) {
    run.parameters.push_back(weights.tensors.at(use.name).data());
    run.gradients.push_back(use.trained ? gradients.at(use.name).data() : nullptr);
  }
  return run;
}

PartRuns TrainingNetwork::State::runs(std::int64_t clips, training::StepKey key) {
  last_key = key;
  const BatchParts parts = divide(clips);
  const TrainPlan& pattern = plan(parts.clips_of(0));
  plan(parts.clips_of(parts.count() - 1));  // before arenas are handed out
  if (is_divided(parts) && !exchange) make_rows();
  last = &pattern;
  const TrainRun whole = run();
  std::vector<PartRun> own;
  const int rank = ranks->rank();
  for (int part = parts.begin(rank); part < parts.begin(rank + 1); ++part) {
    const std::size_t i = own.size();
    PartRun& one = own.emplace_back(PartRun{&plan(parts.clips_of(part)), whole});
    one.run.arena = arenas[i].get();
    one.run.key.first_clip = parts.first_clip(part);
    if (!is_divided(parts)) continue;
    for (std::size_t p = 0; p < parameters.size(); ++p)
      if (parameters[p].trained) one.run.gradients[p] = reinterpret_cast<float*>(rows[i].get()) + places[p];
  }
  set_threads(in_parts() && !is_divided(parts) ? 1 : options.threads);
  return {*ranks, parts, pattern, whole.parameters, std::move(own), options.threads};
}

// Each rank has the rows of its own clips.
template <class Value>
void TrainingNetwork::State::share_rows(const BatchParts& parts, std::span<Value> values) {
  const std::size_t a_clip = values.size_bytes() / static_cast<std::size_t>(parts.clips());
  std::vector<std::size_t> sizes;
  for (int rank = 0; rank < parts.ranks(); ++rank)
    sizes.push_back(static_cast<std::size_t>(parts.clips_of_rank(rank)) * a_clip);
  ranks->share(std::as_writable_bytes(values), sizes);
}

// N×K or, of several samples, N×K×T, of all ranks.
Tensor TrainingNetwork::State::gather_output(const PartRuns& runs, std::int64_t clips) {
  const Extents& extents = runs.pattern().output().layout.extents;
  Shape shape{clips, extents.c};
  if (loss.options.kind == LossKind::actions) shape.push_back(extents.t);
  Tensor plain(shape);
  int part = runs.parts().begin(ranks->rank());
  for (const PartRun& one : runs.own()) {
    const std::int64_t at = runs.parts().first_clip(part++) * (plain.size() / clips);
    const PlanValue& output = one.plan->output();
    kernels::to_plain(one.run.arena + output.offset, output.layout, plain.data() + at);
  }
  share_rows(runs.parts(), plain.values());
  return plain;
}

void TrainingNetwork::State::add_gradients(std::span<const float> row) {
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    if (!parameters[p].trained || places[p] == training::TrainStep::kNowhere) continue;
    Tensor& gradient = gradients.at(parameters[p].name);
    const float* from = row.data() + places[p];
    std::transform(from, from + gradient.size(), gradient.data(), gradient.data(), std::plus<>());
  }
}

void TrainingNetwork::State::backward(PartRuns& runs) {
  if (!is_divided(runs.parts())) {
    runs.backward([](std::size_t) {});
    return;
  }
  std::vector<const float*> own;
  for (std::size_t i = 0; i < runs.own().size(); ++i) {
    auto* row = reinterpret_cast<float*>(rows[i].get());
    std::fill_n(row, complete_after.front(), 0.0F);
    own.push_back(row);
  }
  exchange->begin(runs.parts(), std::move(own));
  runs.backward([&](std::size_t step) { exchange->complete(complete_after[step]); });
  add_gradients(exchange->finish());
}

template <class Loss>
BatchResult TrainingNetwork::State::step(PartRuns runs, const Loss& loss_of, float share) {
  runs.forward();
  Tensor plain = gather_output(runs, runs.parts().clips());
  LossResult result = loss_of(plain);
  if (!runs.pattern().has_backward()) return {result.loss, std::move(plain)};
  for (float& g : result.gradient.values()) g *= share;
  int part = runs.parts().begin(ranks->rank());
  for (const PartRun& one : runs.own()) {
    const std::int64_t at = runs.parts().first_clip(part++) * (plain.size() / runs.parts().clips());
    const PlanValue& to = one.plan->output_gradient();
    kernels::from_plain(result.gradient.data() + at, one.plan->output().layout, one.run.arena + to.offset);
  }
  backward(runs);
  return {result.loss, std::move(plain)};
}

BatchResult TrainingNetwork::State::step(PartRuns runs, const Tensor& targets, float share) {
  Tensor all;
  if (ranks->count() > 1) {
    all = targets;
    share_rows(runs.parts(), all.values());
  }
  const Tensor& whole = ranks->count() > 1 ? all : targets;
  return step(
      std::move(runs), [&](const Tensor& logits) { return evaluate_loss(loss.options, logits, whole); },
      share);
}

// A batch's frames into the arenas of the parts that are computed here.
PartRuns TrainingNetwork::State::enter(std::span<const std::uint8_t* const> frames, const Mixing* mixing,
                                       training::StepKey key) {
  const std::int64_t in_clip = graph.input.t, count = static_cast<std::int64_t>(frames.size());
  if (count == 0 || count % in_clip != 0 || count / in_clip > options.batch)
    throw std::invalid_argument(std::to_string(count) + " frames are no whole batch of clips of " +
                                std::to_string(in_clip));
  set_threads(options.threads);
  PartRuns entered = runs(count / in_clip, key);
  int part = entered.parts().begin(ranks->rank());
  for (const PartRun& one : entered.own()) {
    const kernels::Layout& layout = one.plan->input().layout;
    std::byte* to = one.run.arena + one.plan->input().offset;
    const std::int64_t first = entered.parts().first_clip(part++);
    const auto own = frames.subspan(static_cast<std::size_t>(first * in_clip),
                                    static_cast<std::size_t>(layout.batch * in_clip));
    if (mixing == nullptr)
      kernels::normalise_frames(own, normalisation, layout, to);
    else
      normalise_mixed(frames, normalisation, *mixing, first, layout, to);
  }
  return entered;
}

BatchResult TrainingNetwork::accumulate(std::span<const std::uint8_t* const> frames, const Tensor& targets,
                                        training::StepKey key, const std::optional<Mixing>& mixing,
                                        float share) {
  return state_->step(state_->enter(frames, mixing ? &*mixing : nullptr, key), targets, share);
}

BatchResult TrainingNetwork::accumulate(std::span<const std::uint8_t* const> frames,
                                        std::span<const SampleTarget> targets, training::StepKey key,
                                        float share) {
  PartRuns runs = state_->enter(frames, nullptr, key);
  std::vector<SampleTarget> all(targets.begin(), targets.end());
  state_->share_rows(runs.parts(), std::span(all));
  const auto loss_of = [&](const Tensor& values) {
    return evaluate_stream_loss(state_->loss.options, values, all);
  };
  return state_->step(std::move(runs), loss_of, share);
}

void TrainingNetwork::observe(std::span<const std::uint8_t* const> frames, training::StepKey key,
                              const std::optional<Mixing>& mixing) {
  state_->enter(frames, mixing ? &*mixing : nullptr, key).forward();
}

BatchResult TrainingNetwork::accumulate(const Tensor& input, const Tensor& targets, training::StepKey key,
                                        float share) {
  const Extents& e = state_->graph.input;
  const std::int64_t clips = input.shape().empty() ? 0 : input.dim(0);
  if (clips < 1 || clips > batch() || input.shape() != Shape{clips, e.c, e.t, e.h, e.w})
    throw ModelError(state_->architecture.name + ": the input is " + to_string(input.shape()) +
                     ", expected " + to_string(Shape{batch(), e.c, e.t, e.h, e.w}) +
                     " (clips × channels × frames × height × width)");
  set_threads(state_->options.threads);
  PartRuns runs = state_->runs(clips, key);
  int part = runs.parts().begin(state_->ranks->rank());
  for (const PartRun& one : runs.own()) {
    const std::int64_t at = runs.parts().first_clip(part++) * (input.size() / clips);
    const PlanValue& to = one.plan->input();
    kernels::from_plain(input.data() + at, to.layout, one.run.arena + to.offset);
  }
  return state_->step(std::move(runs), targets, share);
}

}  // namespace actionflow
