#include "models/training/optimizer/schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>

#include "base/error.h"

namespace actionflow {
namespace {

// From `begin` to `end` along half a cosine; `progress` in [0, 1].
double cosine(double begin, double end, double progress) {
  return end + (begin - end) * (1 + std::cos(std::numbers::pi * std::clamp(progress, 0.0, 1.0))) / 2;
}

template <class T>
bool take(std::string_view& text, T& to) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), to);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.starts_with(' ')) text.remove_prefix(1);
  return true;
}

}  // namespace

void ScheduleOptions::describe(config::Fields<ScheduleOptions>& fields) {
  fields.add("kind", &ScheduleOptions::kind, "constant, step, cosine, plateau or one_cycle");
  fields.add("warmup_epochs", &ScheduleOptions::warmup_epochs, "epochs in which the rate rises to its peak")
      .range(0, 1e6);
  fields.add("warmup_steps", &ScheduleOptions::warmup_steps, "the same in steps").range(0, 1e12);
  fields.add("warmup_from", &ScheduleOptions::warmup_from, "share of the peak at which the rise begins")
      .range(0, 1);
  fields.add("milestones", &ScheduleOptions::milestones, "step: epochs after which the rate falls by gamma")
      .at_least(0);
  fields.add("gamma", &ScheduleOptions::gamma, "step and plateau: what the rate is multiplied by")
      .more_than(0)
      .at_most(1);
  fields
      .add("patience", &ScheduleOptions::patience, "plateau: epochs without a better measure that are borne")
      .range(0, 1'000'000);
  fields.add("threshold", &ScheduleOptions::threshold, "plateau: by how much better a measure has to be")
      .at_least(0);
  fields.add("final", &ScheduleOptions::final_share, "share of the peak at the end, or at least").range(0, 1);
  fields.add("rise", &ScheduleOptions::rise, "one_cycle: share of the steps in which the rate rises")
      .range(0, 1);
  fields.add("start", &ScheduleOptions::start_share, "one_cycle: share of the peak at the first step")
      .range(0, 1);
}

void ScheduleOptions::check(const config::Value& value, config::Diagnostics& diagnostics) const {
  const auto complain = [&](const char* key, const char* message) {
    const config::Value* at = value.find(key);
    diagnostics.add((at != nullptr ? *at : value).place(), message);
  };
  if (warmup_epochs > 0 && warmup_steps > 0)
    complain("warmup_steps", "warmup_epochs and warmup_steps are both given, expected one of them");
  if (kind == ScheduleKind::one_cycle && (warmup_epochs > 0 || warmup_steps > 0))
    complain(warmup_epochs > 0 ? "warmup_epochs" : "warmup_steps",
             "one_cycle rises by itself, expected no warm-up");
  if (kind == ScheduleKind::step && milestones.empty())
    complain("kind", "a schedule of kind step without milestones, expected a list of epochs");
  if (!std::is_sorted(milestones.begin(), milestones.end()))
    complain("milestones", "milestones do not ascend");
}

Schedule::Schedule(const ScheduleOptions& options, double peak, const RunLength& length)
    : options_(options),
      peak_(peak),
      steps_per_epoch_(static_cast<double>(std::max<std::int64_t>(length.steps_per_epoch, 1))),
      steps_(std::max(1.0, length.epochs * steps_per_epoch_)),
      warmup_(options.warmup_steps > 0 ? static_cast<double>(options.warmup_steps)
                                       : std::ceil(options.warmup_epochs * steps_per_epoch_)) {}

double Schedule::warm_up_share(double step) const {
  if (step >= warmup_) return 1;
  return options_.warmup_from + (1 - options_.warmup_from) * (step + 1) / warmup_;
}

double Schedule::share(double step) const {
  const double last = options_.final_share;
  switch (options_.kind) {
    case ScheduleKind::constant:
      break;
    case ScheduleKind::step: {
      const auto passed =
          std::upper_bound(options_.milestones.begin(), options_.milestones.end(), step / steps_per_epoch_) -
          options_.milestones.begin();
      return std::pow(options_.gamma, static_cast<double>(passed));
    }
    case ScheduleKind::cosine:
      return cosine(1, last, (step - warmup_) / std::max(1.0, steps_ - warmup_));
    case ScheduleKind::plateau:
      return std::max(factor_, last);
    case ScheduleKind::one_cycle: {
      const double top = options_.rise * steps_ - 1, end = std::max(steps_ - 1, top + 1);
      if (step < top) return cosine(options_.start_share, 1, step / top);
      return cosine(1, last, (step - top) / (end - top));
    }
  }
  return 1;
}

double Schedule::rate(std::int64_t step) const {
  const auto at = static_cast<double>(step);
  return peak_ * (options_.kind == ScheduleKind::one_cycle ? share(at) : warm_up_share(at) * share(at));
}

void Schedule::observe(double measure) {
  if (options_.kind != ScheduleKind::plateau) return;
  if (measure > best_ + options_.threshold) {
    best_ = measure;
    epochs_without_better_ = 0;
    return;
  }
  if (++epochs_without_better_ <= options_.patience) return;
  factor_ *= options_.gamma;
  epochs_without_better_ = 0;
}

std::string Schedule::state() const {
  return fmt::format("{} {} {}", factor_, best_, epochs_without_better_);
}

void Schedule::load(std::string_view state) {
  std::string_view rest = state;
  double factor = 1, best = 0;
  std::int64_t epochs = 0;
  if (!take(rest, factor) || !take(rest, best) || !take(rest, epochs) || !rest.empty())
    throw ModelError(fmt::format("'{}' is no state of a learning rate's schedule", state));
  factor_ = factor;
  best_ = best;
  epochs_without_better_ = epochs;
}

}  // namespace actionflow
