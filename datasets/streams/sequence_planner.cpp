#include "datasets/streams/sequence_planner.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "datasets/lists/epoch_order.h"
#include "datasets/streams/stream_movement.h"

namespace actionflow {

namespace {

constexpr double kBegins = 0.25;        // of sequences: they begin as a stream does
constexpr std::size_t kLinesKept = 3;   // epochs in flight at once
constexpr int kMovementBits = 20;       // of a movement's number in its sequence
constexpr double kTailShare = 1.0 / 3;  // of idle times: at the end of the movement before alone
constexpr double kBothShare = 1.0 / 3;  // likewise: half of it there, half before the next

}  // namespace

// An epoch's order laid end to end.
struct SequencePlanner::Line {
  std::uint64_t seed = 0;
  std::uint32_t epoch = 0;
  std::vector<int> entries;
  std::vector<double> ends;  // in seconds from the line's beginning

  struct Place {
    std::size_t at = 0;  // among the entries
    double share = 0;    // of that entry
  };
  Place place(double share_of_line) const {
    const double seconds = share_of_line * ends.back();
    const auto found = std::upper_bound(ends.begin(), ends.end(), seconds);
    const auto at = static_cast<std::size_t>(std::min(found, std::prev(ends.end())) - ends.begin());
    const double begin = at == 0 ? 0 : ends[at - 1];
    return {at, std::clamp((seconds - begin) / (ends[at] - begin), 0.0, 1.0)};
  }
};

// One sequence while it is drawn.
class SequencePlanner::Drawing {
 public:
  Drawing(const SequencePlanner& planner, std::uint64_t seed, std::uint32_t epoch, std::int64_t sample,
          const Readable& readable)
      : planner_(planner),
        options_(planner.options_),
        readable_(readable),
        line_(planner.line(seed, epoch)),
        key_{seed, epoch, static_cast<std::uint64_t>(sample) << kMovementBits} {
    // One shift an epoch, so that its sequences hold everything once.
    const double shift = Random(seed, "stream shift", epoch).uniform_double();
    const double place = static_cast<double>(sample) + shift;
    opening_ = line_->place(place / static_cast<double>(planner.sequences()));
    next_ = opening_.at;
    result_.plan.begins =
        Random(seed, "stream opening", epoch, static_cast<std::uint64_t>(sample)).chance(kBegins);
    result_.plan.seconds = planner.span();
  }

  PlannedSequence drawn() {
    open();
    while (time_ < result_.plan.seconds) go_on();
    std::vector<TimedAction>& actions = result_.plan.actions;
    std::erase_if(actions, [&](const TimedAction& action) {
      return action.end + options_.targets.linger <= 0 || action.start >= result_.plan.seconds;
    });
    std::sort(actions.begin(), actions.end(),
              [](const TimedAction& one, const TimedAction& other) { return one.start < other.start; });
    return std::move(result_);
  }

 private:
  // The first movement, somewhere in it or in the idle time before it.
  void open() {
    Random random = next_random();
    const StreamMovement movement = draw(random);
    const double idle = draw_idle(random);
    const bool from_start = result_.plan.begins && !is_uncut(movement);
    time_ = from_start ? 0 : -opening_.share * (idle + movement.seconds());
    const std::size_t take = add_take(movement);
    add_idle_before(movement, take, idle, random);
    add(movement, take);
  }

  void go_on() {
    Random random = next_random();
    const StreamMovement movement = draw(random);
    const double idle = draw_idle(random);
    const double where = random.uniform_double();
    const double before_cut = where < kTailShare ? idle : where < kTailShare + kBothShare ? idle / 2 : 0;
    if (before_cut > 0) {
      result_.plan.pieces.push_back(idle_after(last_, result_.plan.takes.size() - 1, time_, random));
      time_ += before_cut;
    }
    const double after_cut = idle - before_cut;
    const std::size_t take = add_take(movement);
    const std::size_t first = result_.plan.pieces.size();
    add_idle_before(movement, take, after_cut, random);
    add(movement, take);
    if (random.chance(options_.fades)) {
      const double fade = random.uniform(options_.fade_seconds[0], options_.fade_seconds[1]);
      result_.plan.pieces[first].fade = std::min(fade, after_cut > 0 ? after_cut : movement.seconds());
    }
  }

  bool is_uncut(const StreamMovement& movement) const {
    return planner_.entries_[static_cast<std::size_t>(movement.take.entry)].timed;
  }

  Random next_random() {
    ++key_.index;
    return {key_.seed, "stream piece", key_.epoch, key_.index};
  }

  double draw_idle(Random& random) const {
    if (!random.chance(options_.idle)) return 0;
    return random.uniform(options_.idle_seconds[0], options_.idle_seconds[1]);
  }

  StreamMovement draw(Random& random) {
    const bool other = !planner_.others_.empty() && random.chance(options_.other);
    int entry = 0;
    if (other) {
      entry = planner_.others_[random.below(planner_.others_.size())];
    } else {
      entry = line_->entries[next_];
      next_ = (next_ + 1) % line_->entries.size();
    }
    entry = readable(entry, other ? planner_.others_ : planner_.classes_);
    const auto at = static_cast<std::size_t>(entry);
    return draw_movement(planner_.entries_[at], entry, planner_.seconds_[at], options_, planner_.augmenter_,
                         key_, planner_.input().interval());
  }

  int readable(int entry, const std::vector<int>& of) {
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      if (planner_.seconds_[static_cast<std::size_t>(entry)] > 0 && readable_(entry)) return entry;
      result_.substituted.push_back(entry);
      entry = of[static_cast<std::size_t>(
          substitute_entry(of.size(), key_.seed, key_.epoch, key_.index, attempt))];
    }
    throw SourceError(
        "neither '" + planner_.entries_[static_cast<std::size_t>(result_.substituted.front())].name +
        "' nor " + std::to_string(kAttempts - 1) + " other videos drawn in its place can be read");
  }

  std::size_t add_take(const StreamMovement& movement) {
    result_.plan.takes.push_back(movement.take);
    return result_.plan.takes.size() - 1;
  }

  void add_idle_before(const StreamMovement& movement, std::size_t take, double seconds, Random& random) {
    if (seconds <= 0) return;
    result_.plan.pieces.push_back(idle_before(movement, take, time_, seconds, random));
    time_ += seconds;
  }

  void add(const StreamMovement& movement, std::size_t take) {
    StreamPiece piece;
    piece.take = take;
    piece.start = piece.zero = time_;
    piece.from = movement.from;
    piece.speed = movement.speed;
    result_.plan.pieces.push_back(piece);
    for (const TimedAction& action : movement.actions_at(time_)) result_.plan.actions.push_back(action);
    time_ += movement.seconds();
    last_ = movement;
  }

  const SequencePlanner& planner_;
  const StreamOptions& options_;
  const Readable& readable_;
  const std::shared_ptr<const Line> line_;
  DrawKey key_;
  Line::Place opening_;
  std::size_t next_ = 0;  // along the line
  double time_ = 0;       // at which the next piece starts
  StreamMovement last_;
  PlannedSequence result_;
};

SequencePlanner::SequencePlanner(const std::vector<VideoEntry>& entries, std::vector<double> seconds,
                                 const Augmenter& augmenter, const StreamOptions& options, bool balanced)
    : entries_(entries),
      seconds_(std::move(seconds)),
      augmenter_(augmenter),
      options_(options),
      balanced_(balanced) {
  double total = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const bool other = entries[i].labels.empty() && !entries[i].timed;
    (other ? others_ : classes_).push_back(static_cast<int>(i));
    if (!other) total += seconds_[i];
  }
  if (total <= 0) throw SourceError("none of the videos of classes can be read, so there are no streams");
  sequences_ = options.sequences > 0
                   ? options.sequences
                   : std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(total / span())));
}

double SequencePlanner::span() const { return input().frames * input().interval(); }

std::shared_ptr<const SequencePlanner::Line> SequencePlanner::line(std::uint64_t seed,
                                                                   std::uint32_t epoch) const {
  const std::lock_guard lock(mutex_);
  for (const auto& known : lines_)
    if (known->seed == seed && known->epoch == epoch) return known;
  const auto made = std::make_shared<Line>();
  made->seed = seed;
  made->epoch = epoch;
  double end = 0;
  for (const int entry : epoch_order(entries_, balanced_, seed, epoch)) {
    const auto at = static_cast<std::size_t>(entry);
    const bool other = entries_[at].labels.empty() && !entries_[at].timed;
    if (other) continue;
    end += seconds_[at];
    made->entries.push_back(entry);
    made->ends.push_back(end);
  }
  if (lines_.size() == kLinesKept) lines_.erase(lines_.begin());
  lines_.push_back(made);
  return made;
}

PlannedSequence SequencePlanner::plan(std::uint64_t seed, std::uint32_t epoch, std::int64_t sample,
                                      const Readable& readable) const {
  return Drawing(*this, seed, epoch, sample, readable).drawn();
}

StreamPlan SequencePlanner::plan(std::uint64_t seed, std::uint32_t epoch, std::int64_t sample) const {
  return plan(seed, epoch, sample, [](int) { return true; }).plan;
}

}  // namespace actionflow
