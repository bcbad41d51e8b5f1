#include "pipeline/training/fill_cache.h"

#include <vector>

#include "base/log/log.h"
#include "base/log/progress.h"
#include "base/machine/in_parallel.h"
#include "datasets/clips/augment.h"
#include "datasets/recordings/frame_cache.h"
#include "pipeline/recipe/training_data.h"

namespace actionflow {

FilledCache fill_cache(const Recipe& recipe, const std::function<bool(const std::string& name)>& share,
                       const std::atomic<bool>* stop) {
  const CacheOptions options = cache_options(recipe);
  if (options.gigabytes == 0)
    throw UsageError("data.cache.gigabytes is 0, so no frames are kept, expected room for them");
  const Dataset dataset = read_training_data(recipe);
  const InputSpec input = read_network(recipe, dataset.classes).input;
  const Augmenter augmenter(recipe.data.augment, recipe.data.sampling, input, dataset.classes);
  struct Wanted {
    const VideoEntry* entry;
    FrameForm form;
  };
  std::vector<Wanted> wanted;
  const auto add = [&](const std::vector<VideoEntry>& entries, const FrameForm& form) {
    for (const VideoEntry& entry : entries)
      if (share(entry.name)) wanted.push_back({&entry, form});
  };
  add(dataset.train, augmenter.kept_form());
  add(dataset.val, FrameForm::of(input));
  FrameCache cache(options);
  std::atomic<std::int64_t> unreadable{0};
  Progress progress("frames", static_cast<std::int64_t>(wanted.size()));
  run_in_parallel(wanted.size(), recipe.worker_threads(), stop, [&](std::size_t i) {
    const VideoEntry& entry = *wanted[i].entry;
    try {
      cache.get(entry.source(), wanted[i].form, entry.part);
    } catch (const SourceError& error) {
      ++unreadable;
      log::warn("{}", entry.wrong(error.what()));
    }
    progress.advance();
  });
  return {static_cast<std::int64_t>(wanted.size()), cache.counts().decoded, unreadable};
}

}  // namespace actionflow
