// Those who watch every run: its TensorBoard file and its report.html.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/tensor/input_spec.h"
#include "datasets/clips/clip_sampler.h"
#include "datasets/lists/dataset.h"
#include "datasets/recordings/frame_cache.h"
#include "pipeline/training/records/observer.h"

namespace actionflow {

// Writes events.out.tfevents.… into the folder: loss, rate and gradient norm of each step, the measures of
// each epoch.
std::unique_ptr<TrainingObserver> tensorboard_writer(std::filesystem::path folder);

// What the report shows beside the run's own numbers.
struct ReportSubject {
  std::filesystem::path folder;  // the run's; metrics.jsonl is read there
  std::string network;
  std::vector<std::string> classes;
  SamplingOptions sampling;  // of what strips show: the very frames that the network saw
  InputSpec input;
};

// Writes report.html into the folder after each epoch; matrix and mistakes are those of best.safetensors.
// The cache outlives it.
std::unique_ptr<TrainingObserver> report_writer(ReportSubject subject, FrameCache& cache);

}  // namespace actionflow
