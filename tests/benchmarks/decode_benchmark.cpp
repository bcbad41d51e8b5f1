// decode_benchmark VIDEO [HEIGHT WIDTH]: frames a second of one thread, decoding alone and with each way
// of preparing, libswscale's beside ours; each the best of five passes over the file, the ways taking
// turns. Times are of the processor, so that other programs on the machine change little.
#include <fmt/core.h>

#include <algorithm>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "datasets/pictures/prepare.h"
#include "datasets/video/decoding/decoder.h"
#include "datasets/video/ffmpeg.h"
#include "datasets/video/readers/reader.h"
#include "datasets/video/source_options.h"

namespace {

using namespace actionflow;

using FrameSink = std::function<void(const Frame&)>;

constexpr int kPasses = 5;

std::int64_t decode(const std::string& video, const FrameSink& sink) {
  SourceOptions options;
  options.source = video;
  const StopFlag stop{false};
  const auto reader = Reader::open(options, stop);
  const auto decoder = Decoder::create(reader->codec_parameters(), options.codec_threads);
  std::vector<Frame> frames;
  const auto hand_on = [&] {
    for (const Frame& frame : frames) sink(frame);
    frames.clear();
  };
  while (const auto packet = reader->read()) {
    decoder->decode(*packet, frames);
    hand_on();
  }
  decoder->flush(frames);
  hand_on();
  return decoder->decoded();
}

double seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Way {
  std::string name;
  std::function<FrameSink()> make;
  double frame_ms = 1e9;    // all of the process
  double prepare_ms = 1e9;  // of that, inside the sink

  void pass(const std::string& video) {
    const FrameSink sink = make();
    double preparing = 0;
    const double start = seconds(CLOCK_PROCESS_CPUTIME_ID);
    const auto frames = static_cast<double>(decode(video, [&](const Frame& frame) {
      const double before = seconds(CLOCK_THREAD_CPUTIME_ID);
      sink(frame);
      preparing += seconds(CLOCK_THREAD_CPUTIME_ID) - before;
    }));
    frame_ms = std::min(frame_ms, 1e3 * (seconds(CLOCK_PROCESS_CPUTIME_ID) - start) / frames);
    prepare_ms = std::min(prepare_ms, 1e3 * preparing / frames);
  }
};

FrameSink own_sink(ResizeFilter filter, int height, int width) {
  InputSpec spec;
  spec.height = height;
  spec.width = width;
  spec.resize.filter = filter;
  auto preparer = std::make_shared<Preparer>(spec);
  return [preparer](const Frame& frame) { preparer->prepare(frame); };
}

FrameSink swscale_sink(int flags, int height, int width) {
  struct State {
    UniqueScaler scaler;
    std::vector<std::uint8_t> out;
  };
  auto state = std::make_shared<State>();
  state->out.resize(static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * 3);
  return [=](const Frame& frame) {
    const AVFrame& picture = *frame.picture();
    if (!state->scaler) {
      state->scaler.reset(sws_getContext(picture.width, picture.height,
                                         static_cast<AVPixelFormat>(picture.format), width, height,
                                         AV_PIX_FMT_RGB24, flags, nullptr, nullptr, nullptr));
    }
    std::uint8_t* const planes[4] = {state->out.data()};
    const int strides[4] = {width * 3};
    sws_scale(state->scaler.get(), picture.data, picture.linesize, 0, picture.height, planes, strides);
  };
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 4) {
    fmt::print(stderr, "usage: decode_benchmark VIDEO [HEIGHT WIDTH]\n");
    return 2;
  }
  const std::string video = argv[1];
  const int height = argc == 4 ? std::stoi(argv[2]) : 112;
  const int width = argc == 4 ? std::stoi(argv[3]) : 112;
  try {
    std::vector<Way> ways{
        {"decode alone", [] { return [](const Frame&) {}; }},
        {"decode, area", [&] { return own_sink(ResizeFilter::area, height, width); }},
        {"decode, bilinear", [&] { return own_sink(ResizeFilter::bilinear, height, width); }},
        {"decode, bicubic", [&] { return own_sink(ResizeFilter::bicubic, height, width); }},
        {"decode, swscale area", [&] { return swscale_sink(SWS_AREA, height, width); }},
        {"decode, swscale bilinear", [&] { return swscale_sink(SWS_BILINEAR, height, width); }},
    };
    for (int pass = 0; pass < kPasses; ++pass) {
      for (Way& way : ways) way.pass(video);
    }
    for (const Way& way : ways) {
      fmt::print("{:<26} {:8.1f} frames/s  {:7.3f} ms a frame, {:6.3f} of it preparing\n", way.name,
                 1e3 / way.frame_ms, way.frame_ms, way.prepare_ms);
    }
    return 0;
  } catch (const Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return static_cast<int>(error.exit_code());
  }
}
