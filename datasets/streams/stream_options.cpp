#include "datasets/streams/stream_options.h"

namespace actionflow {

void TargetOptions::describe(config::Fields<TargetOptions>& fields) {
  fields
      .add("label_share", &TargetOptions::label_share,
           "share of an action, at its end, whose samples are to tell it; what of it comes before counts "
           "neither way")
      .range(0.01, 1);
  fields
      .add("linger", &TargetOptions::linger,
           "seconds past an action's end for which samples are still to tell it")
      .range(0, 10);
  fields
      .add("action_mass", &TargetOptions::action_mass,
           "what the weights of an action's samples sum to, whatever its length")
      .range(0.01, 1000);
  fields
      .add("unsure", &TargetOptions::unsure,
           "how much a movement of no class weighs, for 1 of an action, in telling that all classes are as "
           "likely as each other")
      .range(0, 1000);
  fields
      .add("none_mass", &TargetOptions::none_mass,
           "what samples without an action weigh together, for 1 of those with one; no sample weighs more "
           "than 1")
      .range(0, 1000);
}

void StreamOptions::describe(config::Fields<StreamOptions>& fields) {
  fields
      .add("sequences", &StreamOptions::sequences,
           "of input.frames samples, an epoch; 0: as many as hold every video of the classes once")
      .range(0, 1'000'000'000);
  fields
      .add("idle", &StreamOptions::idle,
           "probability that nothing happens between two movements: the pictures at the end of one or at "
           "the beginning of the next, held or to and fro")
      .range(0, 1);
  fields.add("idle_seconds", &StreamOptions::idle_seconds, "least and most of such idle time").range(0, 3600);
  fields
      .add("other", &StreamOptions::other,
           "probability that a movement is one of no class, of data.other, where that names some")
      .range(0, 0.95);
  fields
      .add("pieces", &StreamOptions::pieces,
           "probability that a clip of a class is stopped half way, or a stretch of it alone is shown: then "
           "it is of no class")
      .range(0, 0.95);
  fields.add("fades", &StreamOptions::fades, "probability that a cut is a cross-fade").range(0, 1);
  fields.add("fade_seconds", &StreamOptions::fade_seconds, "least and most of a cross-fade").range(0, 60);
  fields.add("trim", &StreamOptions::trim, "up to this share of a clip is cut off at either end")
      .range(0, 0.45);
  fields.add("slowest", &StreamOptions::slowest, "least speed of a movement").range(0.1, 10);
  fields.add("fastest", &StreamOptions::fastest, "greatest speed of a movement").range(0.1, 10);
  fields.add("targets", &StreamOptions::targets, "what a network is to say of each sample");
}

void StreamOptions::check(const config::Value& value, config::Diagnostics& diagnostics) const {
  const auto require_rising = [&](const char* key, double least, double most) {
    if (least <= most) return;
    const config::Value* at = value.find(key);
    diagnostics.add(at ? at->place() : value.place(),
                    std::string(key) + " goes from a larger number to a smaller one, expected [least, most]");
  };
  require_rising("idle_seconds", idle_seconds[0], idle_seconds[1]);
  require_rising("fade_seconds", fade_seconds[0], fade_seconds[1]);
  if (slowest > fastest)
    diagnostics.add(value.place(),
                    "slowest is above fastest; a movement's speed is drawn from slowest to fastest");
}

}  // namespace actionflow
