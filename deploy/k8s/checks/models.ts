import { ExternalSecret, SecretStore } from '@kubernetes-models/external-secrets/external-secrets.io/v1';
import { ScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1';
import { PodMonitor, PrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import { ScrapeConfig } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1alpha1';
import { SealedSecret } from '@kubernetes-models/sealed-secrets/bitnami.com/v1alpha1';
import {
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from 'kubernetes-models/admissionregistration.k8s.io/v1';
import { DaemonSet, Deployment, StatefulSet } from 'kubernetes-models/apps/v1';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import { Job } from 'kubernetes-models/batch/v1';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { Role, RoleBinding } from 'kubernetes-models/rbac.authorization.k8s.io/v1';
import { PriorityClass } from 'kubernetes-models/scheduling.k8s.io/v1';
import {
  ConfigMap,
  Namespace,
  PersistentVolumeClaim,
  Secret,
  Service,
  ServiceAccount,
} from 'kubernetes-models/v1';

interface Model {
  validate(): void;
}

/** The published models of every kind that we apply, by `apiVersion kind`. */
export const MODELS: ReadonlyMap<string, new () => Model> = new Map(
  [
    ...[ConfigMap, Namespace, PersistentVolumeClaim, Secret, Service, ServiceAccount],
    ...[DaemonSet, Deployment, StatefulSet, Job, HorizontalPodAutoscaler, PodDisruptionBudget],
    ...[NetworkPolicy, PriorityClass, Role, RoleBinding],
    ...[ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding],
    ...[ScaledObject, PodMonitor, PrometheusRule, ScrapeConfig, ExternalSecret, SecretStore, SealedSecret],
  ].map((model) => [`${model.apiVersion} ${model.kind}`, model]),
);
