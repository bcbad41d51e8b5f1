#include "datasets/synthetic/people/person_stream.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "datasets/synthetic/people/person_stage.h"

namespace actionflow {

namespace {

constexpr std::uint64_t kMostMoves = 5;          // with one thing
constexpr double kActs = 0.6, kTakenBack = 0.2;  // of moves; the rest are fidgets
constexpr double kLeastIdle = 0.3, kMostIdle = 4;

// From one phase to another, or to and fro, while the person fidgets or not.
struct Move {
  double start = 0, seconds = 0;
  std::size_t stage = 0;
  double from = 0, to = 0;  // phases
  bool back = false;        // from, to, from
  Fidget fidget;            // at the middle of the move

  double end() const { return start + seconds; }
  // 0 at both ends, 1 in the middle.
  double swell(double time) const {
    const double sine = std::sin(std::numbers::pi * std::clamp((time - start) / seconds, 0.0, 1.0));
    return sine * sine;
  }
  double phase(double time) const {
    const double share = back ? swell(time) : std::clamp((time - start) / seconds, 0.0, 1.0);
    return from + (to - from) * share;
  }
};

Fidget operator*(const Fidget& fidget, double share) {
  return {fidget.turn * share,
          fidget.lean * share,
          fidget.nod * share,
          fidget.shift * share,
          {fidget.hands[0] * share, fidget.hands[1] * share}};
}

Fidget draw_fidget(Random& random, bool hands_are_free) {
  Fidget fidget;
  fidget.turn = random.uniform(-0.5, 0.5);
  fidget.lean = random.uniform(-0.05, 0.15);
  fidget.nod = random.uniform(-0.4, 0.4);
  fidget.shift = random.uniform(-0.07, 0.07);
  if (!hands_are_free || random.chance(0.4)) return fidget;
  const std::size_t hand = random.below(2);
  const double inwards = hand == 0 ? 1 : -1;
  fidget.hands[hand] = {inwards * random.uniform(0, 0.25), random.uniform(0.1, 0.75),
                        random.uniform(0.05, 0.3)};
  return fidget;
}

class PersonStream final : public Film {
 public:
  explicit PersonStream(const ClipPlan& plan) : plan_(plan), setting_(plan) {
    Random random(plan.seed, "stream", 0, plan.clip);
    sway_rate_ = random.uniform(1.5, 3);
    sway_phase_ = random.uniform(0, 6.28);
    double time = 0;
    while (time < plan.seconds) time = add_stage(random, time);
  }

  int frames() const override { return static_cast<int>(plan_.seconds * kPersonFrameRate); }
  double frame_rate() const override { return kPersonFrameRate; }
  int quality() const override { return kPersonQuality; }
  const char* preset() const override { return kPersonPreset; }
  std::vector<FilmAction> actions() const override { return actions_; }

  std::vector<std::uint8_t> frame(int index) const override {
    const double time = index / kPersonFrameRate;
    const Move& move = move_at(time);
    cv::Mat image = stages_[move.stage].draw(move.phase(time), 6.2832 / sway_rate_ * time + sway_phase_,
                                             setting_.lens.aim(time / plan_.seconds, time),
                                             move.fidget * move.swell(time));
    setting_.lens.expose(image);
    setting_.lens.add_noise(image,
                            Random(plan_.seed, "noise", static_cast<std::uint32_t>(index), plan_.clip));
    return {image.data, image.data + image.total() * image.elemSize()};
  }

 private:
  // Moves with one thing; returns when they end.
  double add_stage(Random& random, double time) {
    const auto pair = static_cast<ActionPair>(random.below(kActions.size() / 2));
    const auto number = static_cast<std::uint32_t>(stages_.size());
    stages_.emplace_back(setting_, pair, Random(plan_.seed, "choreography", number, plan_.clip),
                         Random(plan_.seed, "prop", number, plan_.clip));
    double phase = random.chance(0.5) ? 1 : 0;
    time = add_idle(random, time, phase);
    for (std::uint64_t left = 1 + random.below(kMostMoves); left > 0; --left) {
      time = add_move(random, time, pair, phase);
      time = add_idle(random, time, phase);
    }
    return time;
  }

  double add_idle(Random& random, double time, double phase) {
    const double share = random.uniform_double();
    return add({time, kLeastIdle + (kMostIdle - kLeastIdle) * share * share, 0, phase, phase, false, {}});
  }

  double add_move(Random& random, double time, ActionPair pair, double& phase) {
    const Choreography& choreography = stages_.back().choreography();
    const double whole = choreography.seconds / (setting_.figure.tempo * random.uniform(0.85, 1.2));
    const double kind = random.uniform_double();
    if (kind < kActs && time + whole < plan_.seconds) {
      const double to = 1 - phase;
      actions_.push_back({action_of(pair, to < phase), time, time + whole});
      time = add({time, whole, 0, phase, to, false, {}});
      phase = to;
      return time;
    }
    if (kind < kActs + kTakenBack) {
      const double way = random.uniform(0.2, 0.45) * (phase > 0 ? -1 : 1);
      return add({time, 2.4 * std::abs(way) * whole + 0.3, 0, phase, phase + way, true, {}});
    }
    const Fidget fidget = draw_fidget(random, choreography.prop == PropKind::none);
    return add({time, random.uniform(0.8, 2.5), 0, phase, phase, false, fidget});
  }

  double add(Move move) {
    move.stage = stages_.size() - 1;
    moves_.push_back(move);
    return move.end();
  }

  static std::size_t action_of(ActionPair pair, bool reversed) {
    const auto is_it = [&](const Action& action) {
      return action.pair == pair && action.reversed == reversed;
    };
    return static_cast<std::size_t>(std::ranges::find_if(kActions, is_it) - kActions.begin());
  }

  const Move& move_at(double time) const {
    const auto after = std::upper_bound(moves_.begin(), moves_.end(), time,
                                        [](double t, const Move& move) { return t < move.start; });
    return *std::prev(after);
  }

  const ClipPlan plan_;
  const PersonSetting setting_;
  std::vector<PersonStage> stages_;
  std::vector<Move> moves_;  // by start, without gaps
  std::vector<FilmAction> actions_;
  double sway_rate_, sway_phase_;
};

}  // namespace

std::unique_ptr<Film> person_stream(const ClipPlan& plan) { return std::make_unique<PersonStream>(plan); }

}  // namespace actionflow
