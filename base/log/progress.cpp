#include "base/log/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/log/log.h"

namespace actionflow {

namespace {

constexpr double kTerminalSeconds = 0.1;
constexpr double kLogSeconds = 10;

int columns_of_terminal() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string rate_text(double rate) {
  return rate < 10 ? fmt::format("{:.1f}/s", rate) : fmt::format("{:.0f}/s", rate);
}

}  // namespace

std::string duration_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::llround(std::clamp(seconds, 0.0, 1e9)));
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

Progress::Screen Progress::stderr_screen() {
  Screen screen;
  if (log::level() == log::Level::quiet) return screen;
  screen.terminal = ::isatty(STDERR_FILENO) == 1;
  if (screen.terminal) {
    screen.columns = columns_of_terminal();
    screen.show = [](std::string_view line) {
      fmt::print(stderr, "\r{}\x1b[K", line);
      std::fflush(stderr);
    };
  } else {
    screen.show = [](std::string_view line) { log::info("{}", line); };
  }
  return screen;
}

Progress::Progress(std::string name, std::int64_t total, Screen screen, const Clock& clock)
    : name_(std::move(name)),
      total_(total),
      screen_(std::move(screen)),
      watch_(clock),
      redraw_(screen_.terminal ? kTerminalSeconds : kLogSeconds, clock) {
  std::int64_t unused = 0;
  if (!screen_.terminal) redraw_.pass(unused);  // a job shorter than the interval says nothing but its end
}

void Progress::advance(std::int64_t count) {
  done_.fetch_add(count, std::memory_order_relaxed);
  std::int64_t unused = 0;
  if (screen_.show && redraw_.pass(unused)) draw(false);
}

void Progress::set_note(std::string note) {
  const std::lock_guard lock(note_mutex_);
  note_ = std::move(note);
}

std::string Progress::note() const {
  const std::lock_guard lock(note_mutex_);
  return note_;
}

void Progress::finish() {
  if (screen_.show) draw(true);
}

void Progress::draw(bool last) {
  const std::lock_guard lock(mutex_);
  if (finished_) return;
  finished_ = last;
  std::string text = line();
  if (screen_.terminal && last) text += "\n";
  screen_.show(text);
}

std::string Progress::bar(int width) const {
  const double share = std::clamp(static_cast<double>(done()) / static_cast<double>(total_), 0.0, 1.0);
  const int full = static_cast<int>(share * width);
  return fmt::format("[{:#<{}}{:.<{}}]", "", full, "", width - full);
}

std::string Progress::line() const {
  const double seconds = watch_.seconds();
  const std::int64_t count = done();
  const double rate = seconds > 0 ? static_cast<double>(count) / seconds : 0;
  const std::string speed = rate_text(rate);
  const std::string said = note();
  const std::string listed = said.empty() ? said : ", " + said;
  if (total_ <= 0)
    return fmt::format("{}: {}, {}, {}{}", name_, count, speed, duration_text(seconds), listed);
  const double left = rate > 0 ? static_cast<double>(std::max<std::int64_t>(0, total_ - count)) / rate : 0;
  const std::string rest =
      rate > 0 ? fmt::format("{}{}{} left", part_, part_.empty() ? "" : " ", duration_text(left)) : "";
  if (!screen_.terminal) {
    return fmt::format("{}: {} of {}, {}{}{}{}", name_, count, total_, speed, rest.empty() ? "" : ", ", rest,
                       listed);
  }
  const std::string tail = fmt::format(" {}/{}  {:.0f}%  {}  {}{}{}", count, total_,
                                       100.0 * static_cast<double>(count) / static_cast<double>(total_),
                                       speed, rest, said.empty() ? "" : "  ", said);
  const int width = std::min(30, screen_.columns - static_cast<int>(name_.size() + tail.size()) - 4);
  if (width >= 5) return name_ + " " + bar(width) + tail;
  // A line that the terminal breaks is not drawn over.
  return (name_ + tail).substr(0, static_cast<std::size_t>(std::max(1, screen_.columns - 1)));
}

}  // namespace actionflow
