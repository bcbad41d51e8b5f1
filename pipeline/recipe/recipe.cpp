#include "pipeline/recipe/recipe.h"

#include <algorithm>
#include <thread>

#include "base/machine/machine_limits.h"
#include "base/text/remote_name.h"
#include "datasets/recordings/frame_cache.h"
#include "models/training/ranks/launcher.h"
#include "pipeline/graph/description.h"
#include "pipeline/graph/graph_check.h"

namespace actionflow {

namespace {

// TrainingData's keys beside those of its lists.
struct ClipKeys {
  SamplingOptions sampling;
  AugmentOptions augment;
  CacheOptions cache;
  bool balanced = false;
  std::optional<StreamOptions> streams;
  std::optional<DrawnOptions> drawn;

  static void describe(config::Fields<ClipKeys>& fields) {
    fields.add("sampling", &ClipKeys::sampling, "which moments of a video a clip is made of");
    fields.add("augment", &ClipKeys::augment, "what is changed at random in training");
    fields.add("cache", &ClipKeys::cache, "frames at training size, kept on disk");
    fields.add("balanced", &ClipKeys::balanced, "draw every class as often as every other");
    fields.add("streams", &ClipKeys::streams,
               "given, even empty: training is on streams that the videos are joined to, in sequences of "
               "input.frames samples");
    fields.add(
        "drawn", &ClipKeys::drawn,
        "drawn videos that join those to train on, and, of movements of no class, the validation streams");
  }
};

// Ranks that are not bound to processors of their own share the machine's.
int processors_unless(int told) {
  if (told > 0) return told;
  const int each = static_cast<int>(std::thread::hardware_concurrency()) / training::ranks_on_this_machine();
  return std::clamp(each, 1, usable_processors());
}

// Without keys that hold an empty text: those are names of files that are not given, and read back so.
config::Value without_empty(const config::Value& value) {
  if (!value.is_map()) return value;
  std::vector<config::Value::Entry> kept;
  for (const config::Value::Entry& entry : value.entries()) {
    const bool empty = entry.value.is_null() || (entry.value.is_scalar() && entry.value.text().empty());
    if (!empty || entry.value.secret()) kept.push_back({entry.key, {}, without_empty(entry.value)});
  }
  return config::make_map(std::move(kept));
}

// The model file with the recipe's changes.
config::Value model_document(const Recipe& recipe) {
  const config::Value file = config::load(recipe.model);
  return recipe.network.is_null() ? file : config::merge(file, recipe.network);
}

// The network as its file has it. One that says `units: classes` and not how many gets two: the dataset
// will say.
Architecture read_own_network(const config::Value& document) {
  try {
    return read_architecture(document);
  } catch (const config::ConfigError&) {
    if (document.find("classes") != nullptr) throw;
  }
  return read_architecture(document, {"class 0", "class 1"});
}

}  // namespace

template <>
struct config::Type<TrainingData> {
  using Lists = Type<DataOptions>;
  using Clips = Type<ClipKeys>;

  static bool read(const Reading& reading, TrainingData& to) {
    if (!detail::expect_map(reading)) return false;
    const std::vector<std::string> of_clips = Clips::fields().keys();
    // Everything that is not ours is the lists', which name what neither knows.
    std::vector<std::string> others;
    for (const Value::Entry& entry : reading.value.entries()) {
      if (std::find(of_clips.begin(), of_clips.end(), entry.key) == of_clips.end())
        others.push_back(entry.key);
    }
    ClipKeys clips;
    const bool lists_good =
        Lists::read({reading.value, reading.name, reading.limits, reading.diagnostics, of_clips}, to.lists);
    const bool clips_good =
        Clips::read({reading.value, reading.name, reading.limits, reading.diagnostics, others}, clips);
    to.sampling = clips.sampling;
    to.augment = clips.augment;
    to.cache = clips.cache;
    to.balanced = clips.balanced;
    to.streams = clips.streams;
    to.drawn = clips.drawn;
    to.lists.streams = clips.streams.has_value();
    return lists_good && clips_good;
  }

  static Value write(const TrainingData& value, const Value* origin) {
    return merge(Lists::write(value.lists, origin), Clips::write({value.sampling, value.augment, value.cache,
                                                                  value.balanced, value.streams, value.drawn},
                                                                 origin));
  }

  static Schema schema(const Limits& limits) {
    Schema both = Lists::schema(limits);
    for (auto& property : Clips::schema(limits).properties) both.properties.push_back(std::move(property));
    return both;
  }
};

void EarlyStopOptions::describe(config::Fields<EarlyStopOptions>& fields) {
  fields
      .add("patience", &EarlyStopOptions::patience,
           "epochs without a better val_top1, of streams val_loss, after which training ends; 0: never")
      .range(0, 1'000'000);
}

void RecipeEvaluation::describe(config::Fields<RecipeEvaluation>& fields) {
  fields.add("clips", &RecipeEvaluation::clips, "views of a video in time; 0: as data.sampling.clips says")
      .range(0, 1000);
  fields.add("crops", &RecipeEvaluation::crops, "1, or 3 along the longer side where the input form crops")
      .range(1, 3);
}

void RankOptions::describe(config::Fields<RankOptions>& fields) {
  fields.add("sum", &RankOptions::sum,
             "of gradients: fixed, the same bits for any number of ranks; fast, in an order of MPI's choice");
  fields.add(
      "gradients", &RankOptions::gradients,
      "as they are sent: f32, or bf16, half as many bytes; results then depend on the number of ranks");
}

void RankOptions::check(const config::Value& value, config::Diagnostics& diagnostics) const {
  if (sum == SumOrder::fixed || gradients == WireNumbers::f32) return;
  const config::Value* at = value.find("gradients");
  diagnostics.add((at != nullptr ? *at : value).place(),
                  "gradients is bf16, which MPI does not add up, expected sum: fixed with it");
}

void CheckpointTimes::describe(config::Fields<CheckpointTimes>& fields) {
  fields
      .add("minutes", &CheckpointTimes::minutes,
           "between two of last.safetensors inside an epoch; one stands at each epoch's end anyway; 0: none")
      .range(0, 1e6);
  fields.add("steps", &CheckpointTimes::steps, "the same in steps; 0: none").range(0, 1e12);
}

void Recipe::describe(config::Fields<Recipe>& fields) {
  fields.add("model", &Recipe::model, "the network's model file").required();
  fields.add("network", &Recipe::network, "keys of the model file that are other here, merged into it");
  fields.add("data", &Recipe::data, "where the videos are, and how clips are made of them").required();
  fields.add("output", &Recipe::output, "the folder that training writes; has to be empty at its start")
      .required();
  fields.add("epochs", &Recipe::epochs, "times that training goes through the train list")
      .range(1, 1'000'000);
  fields.add("batch", &Recipe::batch, "clips a step").range(1, 65536);
  fields
      .add("micro_batch", &Recipe::micro_batch,
           "clips whose gradients one thread computes at a time; 0: the batch on all threads or, started by "
           "an "
           "MPI launcher, 1. The same results for any number of ranks and threads take the same micro_batch")
      .range(0, 65536);
  fields.add("ranks", &Recipe::ranks, "how several processes train together");
  fields.add("seed", &Recipe::seed, "of first weights, order, augmentation and dropout");
  fields.add("precision", &Recipe::precision, "of the step: f32, bf16 (weights stay f32) or auto");
  fields.add("threads", &Recipe::threads, "of the step; 0: one a processor").range(0, 1024);
  fields.add("workers", &Recipe::workers, "threads that decode and augment; 0: one a processor")
      .range(0, 1024);
  fields.add("optimizer", &Recipe::optimizer, "how gradients change weights");
  fields.add("schedule", &Recipe::schedule, "the learning rate over time");
  fields.add("loss", &Recipe::loss, "what is made small");
  fields.add("init", &Recipe::init, "weights to begin with; random unless given");
  fields.add("freeze", &Recipe::freeze, "patterns of parameters that stay as they are: \"stem.*\"");
  fields.add("batch_norm", &Recipe::batch_norm,
             "train: statistics of each batch; frozen: the moving ones, which stay; reestimate: as train, "
             "and measured anew with each epoch's weights before they are validated");
  fields.add("ema", &Recipe::ema, "moving average of the weights, which is then validated and kept as best");
  fields.add("accumulate", &Recipe::accumulate, "batches whose gradients make one step").range(1, 65536);
  fields
      .add("members", &Recipe::members,
           "trainings one after another, each from init.weights and with another part of train held out, "
           "whose "
           "weights are averaged (a model soup)")
      .range(1, 100);
  fields.add("early_stop", &Recipe::early_stop, "an end before the last epoch");
  fields.add("evaluate", &Recipe::evaluate, "how `evaluate` looks at a video");
  fields.add("checkpoint", &Recipe::checkpoint, "how often last.safetensors is written inside an epoch");
}

void Recipe::check(const config::Value& value, config::Diagnostics& diagnostics) const {
  const auto place = [&](const char* key) {
    const config::Value* at = value.find(key);
    return at != nullptr ? at->place() : value.place();
  };
  if (precision == Precision::int8)
    diagnostics.add(place("precision"), "precision is int8, expected f32, bf16 or auto");
  if (!network.is_null() && !network.is_map())
    diagnostics.add(place("network"), "network is not a map, expected keys of the model file");
  if (data.streams && data.augment.mixup > 0)
    diagnostics.add(place("data"), "data.augment.mixup mixes clips and has no meaning with data.streams");
  if (data.streams && data.augment.idle > 0)
    diagnostics.add(place("data"),
                    "data.augment.idle holds a clip's ends and has no meaning with data.streams, expected "
                    "data.streams.idle");
  if (members > 1 && init.weights.empty())
    diagnostics.add(place("members"),
                    "members are averaged, which takes trained weights to begin with, expected init.weights");
  if (evaluate.crops == 2) diagnostics.add(place("evaluate"), "crops is 2, expected 1 or 3");
}

int Recipe::step_threads() const { return processors_unless(threads); }
int Recipe::worker_threads() const { return processors_unless(workers); }

Recipe read_recipe(const config::Value& root) {
  Problems problems;
  auto recipe = config::read<Recipe>(root, problems.diagnostics());
  const config::Value* model = root.find("model");
  if (model != nullptr && !recipe.model.empty())
    problems.guard(model->place(), [&] { read_own_network(model_document(recipe)); });
  problems.throw_if_any();
  return recipe;
}

Recipe load_recipe(const std::filesystem::path& file, std::span<const config::Override> overrides) {
  return read_recipe(config::load(file, overrides));
}

Architecture read_network(const Recipe& recipe, const std::vector<std::string>& classes) {
  const config::Value document = model_document(recipe);
  try {
    return read_architecture(document, classes);
  } catch (const config::ConfigError& error) {
    if (!classes.empty()) {
      // Good with its own classes: then it is the dataset's that do not fit.
      read_own_network(document);
      throw config::ConfigError(error.diagnostics(), error.what(), ExitCode::model);
    }
    throw;
  }
}

Recipe with_absolute_paths(Recipe recipe) {
  DataOptions& lists = recipe.data.lists;
  const std::initializer_list<std::filesystem::path*> paths{
      &recipe.model, &recipe.output, &recipe.init.weights, &recipe.data.cache.folder,
      &lists.root,   &lists.classes, &lists.train,         &lists.val,
      &lists.test,   &lists.other,   &lists.unknown};
  for (std::filesystem::path* path : paths)
    if (!path->empty() && !is_remote(path->native()))
      *path = std::filesystem::absolute(*path).lexically_normal();
  return recipe;
}

std::string print_recipe(const Recipe& recipe, const config::Value& origin) {
  return config::print(without_empty(config::Type<Recipe>::write(recipe, &origin)));
}

std::string recipe_schema() {
  return config::to_json(config::schema_of<Recipe>(), "actionflow training recipe");
}

}  // namespace actionflow
