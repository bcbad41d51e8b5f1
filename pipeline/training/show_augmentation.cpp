#include "pipeline/training/show_augmentation.h"

#include <algorithm>

#include "base/files/atomic_file.h"
#include "base/log/log.h"
#include "datasets/clips/augmentation_sheet.h"
#include "datasets/lists/epoch_order.h"
#include "datasets/pictures/encoding/png.h"
#include "datasets/recordings/frame_cache.h"
#include "datasets/streams/sequence_maker.h"
#include "datasets/streams/sequence_sheet.h"
#include "pipeline/recipe/training_data.h"

namespace actionflow {

namespace {

constexpr std::size_t kRows = 8;
// Of sequences.
constexpr std::int64_t kSequences = 4;
constexpr double kRowSeconds = 2.5;
constexpr int kSequenceColumns = 13;

std::vector<SheetRow> clip_rows(const Recipe& recipe, const Dataset& dataset, const Augmenter& augmenter) {
  FrameCache frames(CacheOptions{{}, 0});
  std::vector<SheetRow> rows;
  const std::vector<int> order = epoch_order(dataset.train, recipe.data.balanced, recipe.seed, 0);
  for (std::size_t sample = 0; sample < order.size() && rows.size() < kRows; ++sample) {
    const VideoEntry& entry = dataset.train[static_cast<std::size_t>(order[sample])];
    try {
      const auto video = frames.get(entry.source(), augmenter.kept_form(), entry.part);
      rows.push_back(sheet_row(augmenter, *video, entry.name, entry.labels, recipe.seed, 0, sample));
    } catch (const SourceError& error) {
      log::warn("{}", error.what());
    }
  }
  if (rows.empty()) throw SourceError("none of the training videos can be read");
  return rows;
}

std::vector<SheetRow> stream_rows(const Recipe& recipe, const Dataset& dataset, const Augmenter& augmenter,
                                  const StreamOptions& options) {
  FrameCache frames(CacheOptions{{}, 0});
  SequenceMaker maker(dataset.train, augmenter, frames, options, recipe.data.balanced,
                      recipe.worker_threads());
  const int samples_a_row = std::max(1, static_cast<int>(kRowSeconds * augmenter.input().frame_rate));
  std::vector<SheetRow> rows;
  for (std::int64_t i = 0; i < std::min(kSequences, maker.planner().sequences()); ++i) {
    StreamSequence sequence = maker.training_sequence(recipe.seed, 0, i).sequence;
    sequence.name = "stream " + std::to_string(i + 1);
    for (SheetRow& row : sequence_rows(sequence, augmenter.classes(), samples_a_row))
      rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

void show_augmentation(const Recipe& recipe, const std::filesystem::path& png) {
  const Dataset dataset = read_training_data(recipe);
  const Architecture architecture = read_network(recipe, dataset.classes);
  const InputSpec& input = architecture.input;
  const Augmenter augmenter(recipe.data.augment, recipe.data.sampling, input, dataset.classes);
  const bool streams = recipe.data.streams || architecture.streams;
  const std::vector<SheetRow> rows =
      streams ? stream_rows(recipe, dataset, augmenter, recipe.data.streams.value_or(StreamOptions{}))
              : clip_rows(recipe, dataset, augmenter);
  replace_file(png, encode_png(streams ? augmentation_sheet(rows, input, kSequenceColumns)
                                       : augmentation_sheet(rows, input)));
}

}  // namespace actionflow
