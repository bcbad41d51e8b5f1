// Scores along a stream become actions, each with a label, a start and an end.
//
// Scores come from a network for streams, which says at each sample which class it is, whether an action is
// under way and for how long; or from a network over windows. One action is under way at a time.
//
// With "whether": an action begins when that, times the probability of the likeliest class, reaches the begin
// threshold of that class, and is over when "whether" alone falls below the end threshold: a movement that is
// none of the classes is often told by which class it is, not by whether it is one. In between its label is
// what was said last while the product stood above the begin threshold: many actions look alike at first. It
// started `elapsed` before the moment at which its label was surest, not before the action ahead of it was
// over. Where one action follows the next without a pause, "whether" need not fall between them: another
// label that by `elapsed`, which errs by a share of itself, began no earlier than when the one that was
// surest so far was so is an action of its own, and that one ended where this one began.
//
// Without it (a network trained on cut clips): an action begins when a class' own probability reaches the
// begin threshold, and is over when that falls below the end threshold or another class begins.
//
// Of overlapping windows each speaks for the stretch nearest to its middle: from half-way to the middle of
// the one before to half-way to that of the next, a segment's first and last also for what lies outside. An
// action that is told when half of a window holds it so begins and ends within half a hop of the truth, as
// far as the network's own judgement goes; one shorter than half a window comes out too long, about as long
// as the window without it. Of single samples the stretch is the sample, so times are exact to one interval.
//
// Plain data in and out, no state beyond the object: the same observations give the same events.
// Belongs to one stream and one thread at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "nodes/events/event_options.h"

namespace actionflow {

// Scores of one window, or of one sample. Times are seconds since the stream's first frame.
struct Observation {
  double start = 0;               // time of the first sample
  double end = 0;                 // time of the last sample plus one interval
  std::span<const float> which;   // probabilities, one a class
  std::optional<float> action{};  // "whether"; absent for an ordinary network
  float elapsed = 0;              // with `action`: seconds since it began, at the last sample
  double interval = 0;            // from sample to sample
};

struct EventChange {
  enum Kind { begun, updated, ended };
  Kind kind = begun;
  std::int64_t number = 0;  // of the event, from 0
  int label = -1;
  float score = 0;     // probability that there is an action and that it is this one, at its surest
  double start = 0;    // may still move while it goes on
  double end = 0;      // while it goes on: so far
  double decided = 0;  // time of the newest sample seen
};

class EventDecoder {
 public:
  // Thresholds of labels that are not among `classes` go unused.
  EventDecoder(const EventOptions& options, const std::vector<std::string>& classes);

  // The next one in time; `which` has one value a class. A missing one is left out: what is under way goes
  // on.
  std::vector<EventChange> observe(const Observation& observation);
  // A gap, or the stream's end: what is under way is over. Observations may follow.
  std::vector<EventChange> finish();

 private:
  struct Thresholds {
    double begin = 0, end = 0;
    bool none = false;
  };
  // The mean over `smooth` seconds.
  struct Smoothed {
    std::vector<float> which;
    std::optional<float> action;
    int label = -1;  // the likeliest class that is one

    double presence(int of) const { return action ? *action : which[static_cast<std::size_t>(of)]; }
    float score(int of) const { return (action ? *action : 1.0F) * which[static_cast<std::size_t>(of)]; }
  };
  struct Past {
    double end = 0;
    std::vector<float> which;
    std::optional<float> action;
  };
  // The stretch for which an observation speaks.
  struct Stretch {
    double start = 0, middle = 0, end = 0;
  };
  struct Surest {
    float score = -1;
    double start = 0;  // of the action, as it was said then
    double at = 0;     // end of the last stretch that was as sure
  };
  struct Event {
    Event(double since, std::size_t labels) : begun(since), surest(labels) {}
    // The label that it was surest of, of two and more, but `other`.
    int surest_but(int other) const;

    int label = -1;
    double begun;                        // when it was first said
    double until = 0;                    // until when it was said
    double named = 0;                    // until when its label was
    bool silent = false;                 // it fell below the end threshold, and may yet be bridged
    std::vector<Surest> surest;          // by label
    std::optional<std::int64_t> number;  // once it was told
  };

  Smoothed smooth(const Observation& observation);
  Stretch stretch_of(const Observation& observation) const;
  bool begins(const Smoothed& scores) const;
  bool goes_on(const Smoothed& scores) const;
  void part(const Observation& observation, const Smoothed& scores);
  void begin(const Stretch& stretch);
  void go_on(const Observation& observation, const Smoothed& scores, const Stretch& stretch);
  void close();
  void tell();
  void say(EventChange::Kind kind);
  const Thresholds& of(int label) const { return thresholds_[static_cast<std::size_t>(label)]; }

  double smooth_, shortest_, merge_, trail_;
  bool updates_;
  std::vector<Thresholds> thresholds_;
  std::deque<Past> past_;
  std::optional<Stretch> last_;
  double newest_ = 0;     // sample
  double last_end_ = 0;   // of the last observation
  double free_from_ = 0;  // an action starts here at the earliest
  std::int64_t events_ = 0;
  std::optional<Event> event_;
  std::vector<EventChange> changes_;
};

}  // namespace actionflow
