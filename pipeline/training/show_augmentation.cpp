#include "pipeline/training/show_augmentation.h"

#include "base/atomic_file.h"
#include "base/log.h"
#include "datasets/clips/augmentation_sheet.h"
#include "datasets/lists/epoch_order.h"
#include "pipeline/recipe/training_data.h"

namespace actionflow {

namespace {

constexpr std::size_t kRows = 8;

}  // namespace

void show_augmentation(const Recipe& recipe, const std::filesystem::path& png) {
  const Dataset dataset = read_training_data(recipe);
  const InputSpec input = read_network(recipe, dataset.classes).input;
  const Augmenter augmenter(recipe.data.augment, recipe.data.sampling, input, dataset.classes);
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
  replace_file(png, encode_png(augmentation_sheet(rows, input)));
}

}  // namespace actionflow
