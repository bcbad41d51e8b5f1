#include "pipeline/training/soup.h"

#include <span>

#include "datasets/recordings/frame_cache.h"
#include "models/formats/weight_files.h"
#include "pipeline/recipe/training_data.h"
#include "pipeline/training/member.h"
#include "pipeline/training/training_task.h"

namespace actionflow {

namespace {

void add(const Tensor& values, std::vector<double>& sums) {
  sums.resize(values.values().size());
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += values.values()[i];
}

}  // namespace

Weights mean_weights(const std::vector<std::filesystem::path>& members, const Architecture& architecture) {
  std::map<std::string, std::vector<double>> sums;
  Weights mean;
  for (const std::filesystem::path& member : members) {
    Weights weights = load_model(member, &architecture).weights;
    for (const auto& [name, tensor] : weights.tensors) add(tensor, sums[name]);
    mean = std::move(weights);
  }
  for (auto& [name, tensor] : mean.tensors) {
    const std::vector<double>& sum = sums[name];
    for (std::size_t i = 0; i < sum.size(); ++i)
      tensor.values()[i] = static_cast<float>(sum[i] / static_cast<double>(members.size()));
  }
  return mean;
}

struct HeldOutJudgement::Part {
  Part(const Recipe& of_run, int member, const Architecture& architecture, FrameCache& cache)
      : recipe(recipe_of_member(of_run, member)),
        dataset(read_recipe_dataset(recipe)),
        task(make_task(recipe, dataset, architecture, cache, alone)) {}

  const Recipe recipe;
  const Dataset dataset;
  training::Ranks alone;
  const std::unique_ptr<TrainingTask> task;
};

HeldOutJudgement::HeldOutJudgement(const Recipe& recipe, const Architecture& architecture, FrameCache& cache,
                                   const std::vector<std::filesystem::path>& members,
                                   const std::atomic<bool>& stop) {
  std::vector<Validation> judged;
  for (std::size_t i = 0; i < members.size(); ++i) {
    parts_.push_back(std::make_unique<Part>(recipe, static_cast<int>(i), architecture, cache));
    judged.push_back(parts_.back()->task->validate(load_model(members[i], &architecture).weights, stop));
  }
  validation_ = pooled(std::move(judged), architecture);
}

HeldOutJudgement::~HeldOutJudgement() = default;

}  // namespace actionflow
