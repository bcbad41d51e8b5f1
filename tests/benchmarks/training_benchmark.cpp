// training_benchmark MODEL.yaml [BATCH] [THREADS] [STEPS] [bf16] [plan] [json]: samples a second of a
// training step (forward, backward, an update by SGD with momentum) with random weights and clips, from the
// median step, and the peak of resident memory over what was resident before the network was built. With
// `plan` also every kernel's pass alone and what the step takes beyond their sum.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include "base/error.h"
#include "models/training/optimizer/optimizer.h"
#include "models/training/training_network.h"
#include "models/weights/initial_weights.h"

namespace {

using namespace actionflow;

double milliseconds_now(int threads) {
  timespec time{};
  clock_gettime(threads == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) * 1e-6;
}

double mebibytes_peak() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

double mebibytes_now() {
  std::ifstream statm("/proc/self/statm");
  double pages = 0, resident = 0;
  statm >> pages >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

Tensor random_clips(const Extents& e, std::int64_t batch) {
  Tensor clips({batch, e.c, e.t, e.h, e.w});
  std::uint32_t state = 1;
  for (float& value : clips.values()) {
    state = state * 1664525U + 1013904223U;
    value = static_cast<float>(state >> 8U) / 8388608.0F - 1.0F;
  }
  return clips;
}

Tensor targets(const Architecture& architecture, std::int64_t batch) {
  const std::int64_t outputs = architecture.graph.extents(architecture.graph.output).c;
  Tensor result({batch, outputs});
  for (std::int64_t i = 0; i < batch; ++i) result[i * outputs + i % outputs] = 1;
  return result;
}

void print_plan(TrainingNetwork& network, int repetitions, double median) {
  double sum = 0;
  for (const PlanStep& step : network.measure_steps(repetitions)) {
    fmt::print("{:9.3f}  {:<14} {:<34} {:<32} {}\n", step.milliseconds, step.kind, step.implementation,
               step.layout, step.name);
    sum += step.milliseconds;
  }
  fmt::print("sum of passes {:.3f} ms, whole step {:.3f} of it\n", sum, median / sum);
}

int run(const std::vector<std::string>& arguments) {
  std::vector<int> numbers{4, 1, 8};
  std::size_t given = 0;
  bool bf16 = false, plan = false, json = false;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    if (arguments[i] == "bf16")
      bf16 = true;
    else if (arguments[i] == "plan")
      plan = true;
    else if (arguments[i] == "json")
      json = true;
    else
      numbers.at(given++) = std::stoi(arguments[i]);
  }
  const int batch = numbers[0], threads = numbers[1], steps = numbers[2];
  auto architecture = load_architecture(arguments.at(0));
  const std::string name = architecture.name;
  const Tensor clips = random_clips(architecture.graph.input, batch), wanted = targets(architecture, batch);
  const double before = mebibytes_now();
  Weights weights = initial_weights(architecture, 1);
  TrainingNetwork network(
      std::move(architecture), std::move(weights),
      {.precision = bf16 ? Precision::bf16 : Precision::f32, .threads = threads, .batch = batch});
  const auto optimizer = Optimizer::create({});
  std::vector<double> times;
  for (int step = 0; step < steps + 2; ++step) {
    const double start = milliseconds_now(threads);
    network.clear_gradients();
    network.accumulate(clips, wanted, {1, static_cast<std::uint64_t>(step)});
    optimizer->step(network.trained(), 1e-3);
    if (step >= 2) times.push_back(milliseconds_now(threads) - start);
  }
  const double peak = mebibytes_peak() - before;
  std::sort(times.begin(), times.end());
  const double median = times[times.size() / 2], rate = batch * 1e3 / median;
  if (json)
    fmt::print(
        "{{\"network\": \"{}\", \"milliseconds\": {:.3f}, \"samples_per_second\": {:.3f}, \"peak_mib\": "
        "{:.1f}}}\n",
        name, median, rate, peak);
  else
    fmt::print("{}: step {:.2f} ms (least {:.2f}), {:.2f} samples/s, peak memory {:.0f} MiB\n", name, median,
               times[0], rate, peak);
  if (plan) print_plan(network, 3, median);
  return 0;
}

}  // namespace

int main(int count, char** values) {
  try {
    return run({values + 1, values + count});
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 2;
  }
}
