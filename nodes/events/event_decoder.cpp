#include "nodes/events/event_decoder.h"

#include <algorithm>
#include <utility>

namespace actionflow {

namespace {

// Times are sums of intervals: what differs by less is equal.
constexpr double kTolerance = 1e-6;  // seconds

// By how much a network may err in saying since when an action has been under way, where that parts it from
// the one before: seconds, or a share of what it says, whichever is more.
constexpr double kElapsedTolerance = 0.3, kElapsedShare = 0.4;

}  // namespace

EventDecoder::EventDecoder(const EventOptions& options, const std::vector<std::string>& classes)
    : smooth_(options.smooth),
      shortest_(options.shortest),
      merge_(options.merge),
      trail_(options.trail),
      updates_(options.updates) {
  thresholds_.reserve(classes.size());
  for (const std::string& label : classes)
    thresholds_.push_back({options.begin_of(label), options.end_of(label), options.is_none(label)});
}

std::vector<EventChange> EventDecoder::observe(const Observation& observation) {
  const Smoothed scores = smooth(observation);
  const Stretch stretch = stretch_of(observation);
  if (!last_) free_from_ = observation.start;
  newest_ = observation.end - observation.interval;
  last_end_ = observation.end;
  last_ = stretch;
  if (event_ && !event_->silent && !goes_on(scores)) {
    event_->silent = true;
    event_->until = stretch.start;
  }
  if (event_ && event_->silent) {
    const bool same = begins(scores) && scores.label == event_->label;
    if (same && stretch.start - event_->until < merge_ - kTolerance) {
      event_->silent = false;
    } else if (begins(scores) || stretch.middle - event_->until >= merge_ - kTolerance) {
      close();
    }
  }
  if (event_ && !event_->silent) part(observation, scores);
  if (!event_ && begins(scores)) begin(stretch);
  if (event_ && !event_->silent) go_on(observation, scores, stretch);
  return std::exchange(changes_, {});
}

std::vector<EventChange> EventDecoder::finish() {
  if (event_ && !event_->silent) {
    event_->until = last_end_;
    tell();
  }
  if (event_) close();
  last_.reset();
  past_.clear();
  return std::exchange(changes_, {});
}

int EventDecoder::Event::surest_but(int other) const {
  std::size_t best = other == 0 ? 1 : 0;
  for (std::size_t i = best + 1; i < surest.size(); ++i)
    if (static_cast<int>(i) != other && surest[i].score > surest[best].score) best = i;
  return static_cast<int>(best);
}

EventDecoder::Smoothed EventDecoder::smooth(const Observation& observation) {
  Smoothed mean{{observation.which.begin(), observation.which.end()}, observation.action};
  if (smooth_ > 0) {
    past_.push_back({observation.end, mean.which, mean.action});
    while (past_.front().end <= observation.end - smooth_ + kTolerance) past_.pop_front();
    const auto share = 1 / static_cast<float>(past_.size());
    std::fill(mean.which.begin(), mean.which.end(), 0.0F);
    if (mean.action) mean.action = 0;
    for (const Past& one : past_) {
      for (std::size_t label = 0; label < mean.which.size(); ++label)
        mean.which[label] += share * one.which[label];
      if (mean.action) *mean.action += share * one.action.value_or(0);
    }
  }
  for (std::size_t label = 0; label < mean.which.size(); ++label) {
    if (thresholds_[label].none) continue;
    if (mean.label < 0 || mean.which[label] > mean.which[static_cast<std::size_t>(mean.label)])
      mean.label = static_cast<int>(label);
  }
  return mean;
}

EventDecoder::Stretch EventDecoder::stretch_of(const Observation& observation) const {
  const double middle = (observation.start + observation.end) / 2;
  const double start = last_ ? (last_->middle + middle) / 2 : observation.start;
  return {start, middle, 2 * middle - start};
}

bool EventDecoder::begins(const Smoothed& scores) const {
  return scores.label >= 0 && scores.score(scores.label) >= of(scores.label).begin;
}

bool EventDecoder::goes_on(const Smoothed& scores) const {
  const bool other = !scores.action && begins(scores) && scores.label != event_->label;
  return !other && scores.presence(event_->label) >= of(event_->label).end;
}

// Ends what is under way where this is another action: what it was surest of is what it was, whatever a
// moment in between may have said.
void EventDecoder::part(const Observation& observation, const Smoothed& scores) {
  if (!scores.action || !begins(scores) || scores.label == event_->label) return;
  const int before = event_->surest_but(scores.label);
  const Surest& surest = event_->surest[static_cast<std::size_t>(before)];
  const double elapsed = static_cast<double>(observation.elapsed);
  const double since = newest_ - elapsed;
  const double tolerance = std::max(kElapsedTolerance, kElapsedShare * elapsed);
  if (since < std::max(surest.at - tolerance, (surest.start + surest.at) / 2)) return;
  event_->label = before;
  event_->until = std::clamp(since, surest.at, std::max(surest.at, event_->named));
  tell();
  close();
}

void EventDecoder::begin(const Stretch& stretch) { event_.emplace(stretch.start, thresholds_.size()); }

void EventDecoder::go_on(const Observation& observation, const Smoothed& scores, const Stretch& stretch) {
  Event& event = *event_;
  if (begins(scores)) {
    event.label = scores.label;
    event.named = stretch.end;
  }
  event.until = stretch.end;
  Surest& surest = event.surest[static_cast<std::size_t>(event.label)];
  const float score = scores.score(event.label);
  if (score >= surest.score) surest.at = stretch.end;
  if (score > surest.score) {
    surest.score = score;
    surest.start = scores.action ? newest_ - static_cast<double>(observation.elapsed) : event.begun;
  }
  const bool told = event.number.has_value();
  tell();
  if (told && updates_) say(EventChange::updated);
}

// Numbers are those of events that were told, so there is none missing.
void EventDecoder::tell() {
  if (event_->number || event_->until - event_->begun < shortest_ - kTolerance) return;
  event_->number = events_++;
  say(EventChange::begun);
}

void EventDecoder::close() {
  if (event_->number) {
    say(EventChange::ended);
    free_from_ = changes_.back().end;
  }
  event_.reset();
}

void EventDecoder::say(EventChange::Kind kind) {
  const Event& event = *event_;
  const Surest& surest = event.surest[static_cast<std::size_t>(event.label)];
  const double start = std::max(free_from_, std::min(surest.start, event.begun));
  const double trail = event.silent ? trail_ : 0;
  const double end = std::max(start, event.until - trail);
  changes_.push_back({kind, *event.number, event.label, surest.score, start, end, newest_});
}

}  // namespace actionflow
