// The kernel's clock discipline (adjtimex), which Swift's Glibc module leaves out.
#pragma once
#include <sys/timex.h>
