#include "datasets/synthetic/drawn_stream.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "datasets/synthetic/person_stage.h"

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

}  // namespace

struct DrawnStream::State {
  ClipPlan plan;
  PersonSetting setting;
  std::vector<PersonStage> stages;
  std::vector<Move> moves;  // by start, without gaps
  std::vector<FilmAction> actions;
  double sway_rate, sway_phase;

  explicit State(const ClipPlan& p) : plan(p), setting(p) {
    Random random(p.seed, "stream", 0, p.clip);
    sway_rate = random.uniform(1.5, 3);
    sway_phase = random.uniform(0, 6.28);
    double time = 0;
    while (time < p.seconds) time = add_stage(random, time);
  }

  // Moves with one thing; returns when they end.
  double add_stage(Random& random, double time) {
    const auto pair = static_cast<ActionPair>(random.below(kActions.size() / 2));
    const auto number = static_cast<std::uint32_t>(stages.size());
    stages.emplace_back(setting, pair, Random(plan.seed, "choreography", number, plan.clip),
                        Random(plan.seed, "prop", number, plan.clip));
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
    const Choreography& choreography = stages.back().choreography();
    const double whole = choreography.seconds / (setting.figure.tempo * random.uniform(0.85, 1.2));
    const double kind = random.uniform_double();
    if (kind < kActs && time + whole < plan.seconds) {
      const double to = 1 - phase;
      actions.push_back({action_of(pair, to < phase), time, time + whole});
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
    move.stage = stages.size() - 1;
    moves.push_back(move);
    return move.end();
  }

  static std::size_t action_of(ActionPair pair, bool reversed) {
    const auto is_it = [&](const Action& action) {
      return action.pair == pair && action.reversed == reversed;
    };
    return static_cast<std::size_t>(std::ranges::find_if(kActions, is_it) - kActions.begin());
  }

  const Move& move_at(double time) const {
    const auto after = std::upper_bound(moves.begin(), moves.end(), time,
                                        [](double t, const Move& move) { return t < move.start; });
    return *std::prev(after);
  }
};

DrawnStream::DrawnStream(const ClipPlan& plan) : state_(std::make_unique<State>(plan)) {}

DrawnStream::~DrawnStream() = default;

int DrawnStream::frames() const { return static_cast<int>(state_->plan.seconds * kPersonFrameRate); }

double DrawnStream::frame_rate() const { return kPersonFrameRate; }

int DrawnStream::quality() const { return kPersonQuality; }

const char* DrawnStream::preset() const { return "veryfast"; }

std::vector<FilmAction> DrawnStream::actions() const { return state_->actions; }

std::vector<std::uint8_t> DrawnStream::frame(int index) const {
  const State& s = *state_;
  const double time = index / kPersonFrameRate;
  const Move& move = s.move_at(time);
  cv::Mat image = s.stages[move.stage].draw(move.phase(time), 6.2832 / s.sway_rate * time + s.sway_phase,
                                            s.setting.lens.aim(time / s.plan.seconds, time),
                                            move.fidget * move.swell(time));
  s.setting.lens.expose(image);
  s.setting.lens.add_noise(image,
                           Random(s.plan.seed, "noise", static_cast<std::uint32_t>(index), s.plan.clip));
  return {image.data, image.data + image.total() * image.elemSize()};
}

}  // namespace actionflow
