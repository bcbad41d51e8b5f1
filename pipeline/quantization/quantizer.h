// A trained network made ready for int8: ranges from clips it may learn from, and what is lost by them on
// others.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "datasets/clips/clip_sampler.h"
#include "datasets/lists/dataset.h"
#include "datasets/recordings/frame_cache.h"
#include "models/quantization/magnitudes.h"
#include "models/weights/model.h"

namespace actionflow {

struct QuantizationRequest {
  const Model& model;
  std::vector<VideoEntry> seen;      // ranges are taken from these
  std::vector<VideoEntry> held_out;  // losses are measured on these
  std::string seen_name;             // "train"
  SamplingOptions sampling;
  CacheOptions cache;
  RangeMethod method = RangeMethod::mse;
  double most_loss = 0.005;  // of accuracy, as a fraction
  int threads = 1;           // videos at the same time
  const std::atomic<bool>* stop = nullptr;
};

struct LayerLoss {
  std::string layer;
  double error = 0;  // of the logits, where this layer alone computes in integers
  bool integers = true;
};

struct QuantizationReport {
  Quantization quantization;
  std::vector<LayerLoss> layers;  // that could compute in integers, in the network's order
};

// Layers that lose most by themselves are left in f32, one after another, until the whole loses no more than
// most_loss. Shows its progress on stderr. Throws ModelError (a network without such layers, or for streams),
// DatasetError where nothing can be read, and Interrupted.
QuantizationReport quantize(const QuantizationRequest& request);

// For a person, and one line of JSON.
std::string quantization_text(const QuantizationReport& report);
std::string quantization_json(const QuantizationReport& report);

}  // namespace actionflow
