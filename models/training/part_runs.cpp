#include "models/training/part_runs.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "models/kernels/openmp_threads.h"

namespace actionflow::training {

PartRuns::PartRuns(Ranks& ranks, BatchParts parts, const TrainPlan& pattern, std::vector<float*> parameters,
                   std::vector<PartRun> own, int threads)
    : ranks_(ranks),
      parts_(parts),
      pattern_(pattern),
      parameters_(std::move(parameters)),
      own_(std::move(own)),
      threads_(threads) {
  // A plan's first part lays out for all of its parts.
  if (!divided()) return;
  for (PartRun& one : own_)
    one.run.laid_out = std::find_if(own_.begin(), own_.end(), [&](const PartRun& first) {
                         return first.plan == one.plan;
                       })->run.arena;
}

template <class F>
void PartRuns::each(const F& body) {
  const auto count = static_cast<std::int64_t>(own_.size());
  if (!divided()) {
    for (std::int64_t i = 0; i < count; ++i) body(static_cast<std::size_t>(i));
    return;
  }
  const int threads = static_cast<int>(std::clamp<std::int64_t>(count, 1, threads_));
  std::vector<std::exception_ptr> thrown(own_.size());  // none may leave the parallel region
#pragma omp parallel for schedule(static) num_threads(threads)
  for (std::int64_t i = 0; i < count; ++i) {
    set_threads(1);
    try {
      body(static_cast<std::size_t>(i));
    } catch (...) {
      thrown[static_cast<std::size_t>(i)] = std::current_exception();
    }
  }
  for (const std::exception_ptr& exception : thrown)
    if (exception) std::rethrow_exception(exception);
  ranks_.look();
}

void PartRuns::lay_out(std::size_t step, Direction direction) {
  if (!divided()) return;
  set_threads(1);
  for (const PartRun& one : own_)
    if (one.run.laid_out == one.run.arena) one.plan->lay_out(step, direction, one.run);
}

template <class F>
void PartRuns::exchange(std::size_t step, const F& add_up) {
  const std::size_t each_has = pattern_.steps()[step].kernel->batch_sums();
  sums_.assign(each_has * static_cast<std::size_t>(parts_.count()), 0.0);
  const auto first = static_cast<std::size_t>(parts_.begin(ranks_.rank()));
  each([&](std::size_t i) { add_up(i, std::span(sums_).subspan((first + i) * each_has, each_has)); });
  std::vector<std::size_t> sizes;
  for (int rank = 0; rank < parts_.ranks(); ++rank)
    sizes.push_back(static_cast<std::size_t>(parts_.count_of(rank)) * each_has * sizeof(double));
  ranks_.share(std::as_writable_bytes(std::span(sums_)), sizes);
  set_sums(true);
}

void PartRuns::set_sums(bool given) {
  std::size_t part = static_cast<std::size_t>(parts_.begin(ranks_.rank()));
  for (PartRun& one : own_) one.run.sums = given ? BatchSums{sums_, part++} : BatchSums{};
}

void PartRuns::forward() {
  for (std::size_t step = 0; step < pattern_.steps().size(); ++step) {
    const TrainStep& pattern = pattern_.steps()[step];
    const bool sees_batch = divided() && pattern.kernel->batch_sums() > 0;
    if (sees_batch)
      exchange(step, [&](std::size_t i, std::span<double> sums) {
        own_[i].plan->forward_sums(step, own_[i].run, sums);
      });
    lay_out(step, Direction::forward);
    each([&](std::size_t i) { own_[i].plan->forward_step(step, own_[i].run); });
    if (!sees_batch) continue;
    std::vector<float*> parameters;
    for (const int parameter : pattern.parameters)
      parameters.push_back(parameters_[static_cast<std::size_t>(parameter)]);
    pattern.kernel->move_statistics(parameters, sums_);
    set_sums(false);
  }
}

void PartRuns::backward(const std::function<void(std::size_t step)>& ended) {
  for (std::size_t step = pattern_.steps().size(); step-- > 0;) {
    if (!pattern_.steps()[step].runs_backward) continue;
    const bool sees_batch = divided() && pattern_.steps()[step].kernel->batch_sums() > 0;
    if (sees_batch)
      exchange(step, [&](std::size_t i, std::span<double> sums) {
        own_[i].plan->backward_sums(step, own_[i].run, sums);
      });
    lay_out(step, Direction::backward);
    each([&](std::size_t i) { own_[i].plan->backward_step(step, own_[i].run); });
    if (sees_batch) set_sums(false);
    ended(step);
  }
}

}  // namespace actionflow::training
