// workload.c - what every store figure is measured on: frames of a made-up sound level meter, the
// same bytes on every machine. `workload.py` builds it, makes the sets and checks their SHA-256.
// Build without contraction, or the last digits differ: cc -O2 -ffp-contract=off workload.c -lm
// usage: workload OUT units days [jitter_ms=20] [seed=1] [t0_ms=1788220800000] [peakhold=0]
// Record, little endian, 28 bytes, sorted by (second, unit):
//   int64 ts_ms | uint16 unit | uint8 state | uint8 0 | int16 v[7] (0.1 dB: lp leq lmax lmin lpeak ln1 ln2) | int16 0
// Model per unit: background = diurnal base + slow AR(1) (tau 600 s) + fast AR(1) (tau 8 s);
// vehicle pass-bys: Poisson, rate follows the hour, Lorentzian-like energy profile; aircraft/loud events rare;
// lp = F-weighted sample once per second (noise 0.7 dB); leq, lmax, lmin, ln1, ln2 cumulative since
// measurement start, restarted every day at 00:00; lpeak = C-peak of the second (noisy) or held maximum.
// Timestamp = nominal second + uniform integer jitter in [-j/2, j/2], so intervals are 1000 +- j ms.
#include <stdio.h>
#include <stdlib.h>
#include <stdint.h>
#include <string.h>
#include <math.h>
typedef struct __attribute__((packed)) { int64_t ts; uint16_t unit; uint8_t state, z; int16_t v[7]; int16_t z2; } rec;
static inline uint64_t sm(uint64_t *s){ uint64_t z=(*s+=0x9E3779B97F4A7C15ull); z=(z^(z>>30))*0xBF58476D1CE4E5B9ull; z=(z^(z>>27))*0x94D049BB133111EBull; return z^(z>>31);}
static inline double u01(uint64_t *s){ return (sm(s)>>11)*(1.0/9007199254740992.0); }
static inline double gauss(uint64_t *s){ double a=u01(s)+1e-300,b=u01(s); return sqrt(-2*log(a))*cos(6.283185307179586*b); }
#define MAXEV 64
typedef struct { uint64_t s; double slow, fast, lmax, lmin, lpk, esum; long n; uint32_t hist[1500]; int i1,i10; long c1,c10;
  struct {double t0,e,tau;} ev[MAXEV]; int nev; double off; int over; } unit_t;
static int pct(unit_t*u,double p){ long need=(long)(u->n*p); long c=0; for(int i=1499;i>=0;i--){ c+=u->hist[i]; if(c>need) return i;} return 0; }
int main(int c,char**a){
  if(c<4){fprintf(stderr,"usage\n");return 2;}
  FILE*f=fopen(a[1],"wb"); int nu=atoi(a[2]); double days=atof(a[3]); int jit=c>4?atoi(a[4]):20; uint64_t seed=c>5?strtoull(a[5],0,10):1;
  int64_t t0=c>6?atoll(a[6]):1788220800000ll; int hold=c>7?atoi(a[7]):0;
  setvbuf(f,0,_IOFBF,1<<20);
  unit_t*U=calloc(nu,sizeof*U);
  for(int i=0;i<nu;i++){ U[i].s=seed*1000003+i*7919+17; for(int k=0;k<8;k++) sm(&U[i].s); U[i].off=gauss(&U[i].s)*3; }
  long N=(long)(days*86400);
  for(long t=0;t<N;t++){
    double hod=fmod(t/3600.0,24); int dow=(t/86400)%7;
    double day=0.5-0.5*cos((hod-3.5)/24*2*M_PI);              // 0 at 03:30, 1 at 15:30
    double rush=exp(-pow((hod-8)/1.2,2))+exp(-pow((hod-17.5)/1.5,2));
    double rate=(1.0/240+day*day*(1.0/14)+rush/20)*(dow>=5?0.6:1);
    double base=35+12*day+3*rush-(dow>=5?1.5:0);
    for(int i=0;i<nu;i++){ unit_t*u=&U[i];
      u->slow=u->slow*0.998335+gauss(&u->s)*2.2*0.05769; u->fast=u->fast*0.8825+gauss(&u->s)*1.1*0.4703;
      double bg=base+u->off+u->slow+u->fast; double E=pow(10,bg/10);
      if(u01(&u->s)<rate && u->nev<MAXEV){ int k=u->nev++; u->ev[k].t0=t+6+u01(&u->s)*4; u->ev[k].tau=1.2+2.5*u01(&u->s);
        double L=60+5*gauss(&u->s); if(u01(&u->s)<0.01) L+=12+6*u01(&u->s); u->ev[k].e=pow(10,L/10);
        if(u01(&u->s)<0.004){u->ev[k].tau=15+10*u01(&u->s);u->ev[k].t0+=40;} }
      for(int k=0;k<u->nev;){ double d=(t-u->ev[k].t0)/u->ev[k].tau; double g=1/((1+d*d)*(1+d*d)); E+=u->ev[k].e*g; if(d>25){u->ev[k]=u->ev[--u->nev];} else k++; }
      double l1=10*log10(E);                                  // 1 s Leq
      double lp=l1+0.7*gauss(&u->s); double smax=lp+fabs(gauss(&u->s))*0.8, smin=lp-fabs(gauss(&u->s))*0.8;
      if(t%86400==0||u->n==0){ u->n=0;u->esum=0;u->lmax=-1;u->lmin=999;u->lpk=-1; memset(u->hist,0,sizeof u->hist); }
      u->n++; u->esum+=E; if(smax>u->lmax)u->lmax=smax; if(smin<u->lmin)u->lmin=smin;
      double pk=lp+13+1.6*gauss(&u->s); if(pk>u->lpk)u->lpk=pk;
      int b=(int)lrint(lp*10); if(b<0)b=0; if(b>1499)b=1499; u->hist[b]++;
      if(u->n<60||u->n%1==0){ if(u->n<200||t%4==i%4){u->i1=pct(u,0.01);u->i10=pct(u,0.10);} }
      rec r; memset(&r,0,sizeof r); r.unit=i+1;
      r.ts=t0+t*1000+(jit?(int64_t)(sm(&u->s)%(jit+1))-jit/2:0);
      int st=1; if(t%86400==0)st=0; else if(smax>78)st=2; r.state=st;
      r.v[0]=b; r.v[1]=(int16_t)lrint(100*log10(u->esum/u->n)); r.v[2]=(int16_t)lrint(u->lmax*10); r.v[3]=(int16_t)lrint(u->lmin*10);
      r.v[4]=(int16_t)lrint((hold?u->lpk:pk)*10); r.v[5]=u->i1; r.v[6]=u->i10;
      fwrite(&r,sizeof r,1,f);
    }
  }
  fclose(f); return 0; }
